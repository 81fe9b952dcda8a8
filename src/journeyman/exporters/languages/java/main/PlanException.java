package @PACKAGE@;

/** A plan, a row or a file that cannot be used; the message says in one line what was found. */
public final class PlanException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Says what was found, and what was wanted. */
    public PlanException(String message) {
        super(message);
    }
}
