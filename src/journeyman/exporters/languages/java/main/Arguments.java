package @PACKAGE@;

import java.util.List;

/** The arguments of a step, read in their order; each register and array is checked to be there. */
final class Arguments {
    private final String step;
    private final double[] words;
    private final double[][] arrays;
    private final List<List<String>> texts;
    private final boolean[] written;
    private final List<Column> columns;
    private int at;

    Arguments(String step, double[] words, double[][] arrays, List<List<String>> texts, boolean[] written, List<Column> columns) {
        this.step = step;
        this.words = words;
        this.arrays = arrays;
        this.texts = texts;
        this.written = written;
        this.columns = columns;
    }

    PlanException refuse(String why) {
        return new PlanException("the plan is damaged: a step '" + step + "' " + why);
    }

    /** Ends a step whose arguments do not fit one another. */
    void check(boolean fits) {
        if (!fits) {
            throw refuse("has arguments that do not fit one another");
        }
    }

    /** Ends a step that has further arguments. */
    void end() {
        if (at != words.length) {
            throw refuse("has another number of arguments");
        }
    }

    double number() {
        if (at == words.length) {
            throw refuse("has another number of arguments");
        }
        return words[at++];
    }

    private int whole(double value, int low, int high) {
        if (!(value >= low && value <= high) || value != Math.rint(value)) {
            throw refuse("has " + value + " where a whole number from " + low + " to " + high + " is wanted");
        }
        return (int) value;
    }

    /** A count, a position, or the first register that is written. */
    int count() {
        return whole(number(), 0, Integer.MAX_VALUE);
    }

    /** A flag: 0 or 1. */
    boolean flag() {
        return whole(number(), 0, 1) == 1;
    }

    int register() {
        int register = count();
        reads(register, 1);
        return register;
    }

    /** A register, or -1 for none. */
    int registerOrNone() {
        int register = whole(number(), -1, Integer.MAX_VALUE);
        reads(register, register < 0 ? 0 : 1);
        return register;
    }

    /** A count or a position, or -1 for none. */
    int wholeOrNone() {
        return whole(number(), -1, Integer.MAX_VALUE);
    }

    /** A column of texts. */
    int textColumn() {
        int column = whole(number(), 0, columns.size() - 1);
        check(columns.get(column).kind().equals("text"));
        return column;
    }

    List<String> texts() {
        return texts.get(whole(number(), 0, texts.size() - 1));
    }

    double[] numbers() {
        return arrays[whole(number(), 0, arrays.length - 1)];
    }

    /** An array of whole numbers. */
    int[] wholes(int low) {
        double[] numbers = numbers();
        int[] wholes = new int[numbers.length];
        for (int i = 0; i < wholes.length; i++) {
            wholes[i] = whole(numbers[i], low, Integer.MAX_VALUE);
        }
        return wholes;
    }

    int[] registers() {
        int[] registers = wholes(0);
        for (int register : registers) {
            reads(register, 1);
        }
        return registers;
    }

    void reads(int first, long count) {
        if (first >= 0 && first + count > written.length) {
            throw refuse("reads a register that is not there");
        }
        for (int i = first; i < first + count; i++) {
            if (!written[i]) {
                throw refuse("reads a register that no step before it writes");
            }
        }
    }

    void writes(int first, long count) {
        if (first < columns.size() || first + count > written.length) {
            throw refuse("writes a register that it may not");
        }
        java.util.Arrays.fill(written, first, (int) (first + count), true);
    }

    static boolean below(int[] positions, int end) {
        for (int position : positions) {
            if (position >= end) {
                return false;
            }
        }
        return true;
    }
}
