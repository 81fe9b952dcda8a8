;;;; Doubles: NaN and infinities, which Common Lisp has no syntax for, and texts of decimal numbers.

(in-package :PACKAGE)

(deftype numbers () '(simple-array double-float (*)))
(deftype places () '(simple-array fixnum (*)))

(defconstant +infinity+ sb-ext:double-float-positive-infinity)
(declaim (type double-float *nan*))
(sb-ext:defglobal *nan* (sb-kernel:make-double-float #x7ff80000 0))

(define-condition plan-error (error)
  ((text :initarg :text :reader plan-error-text))
  (:report (lambda (condition stream) (write-string (plan-error-text condition) stream)))
  (:documentation "A plan or a table that cannot be used; the text says what was found."))

(defun refuse (format &rest values) (error 'plan-error :text (apply #'format nil format values)))

(defmacro without-float-traps (&body body)
  "NaN and infinities are values here, not errors."
  `(sb-int:with-float-traps-masked (:overflow :underflow :invalid :divide-by-zero :inexact) ,@body))

;;; <= and >= are left out in what follows: compiled as the opposite of > and <, they would be true of NaN.
(declaim (inline nan-p finite-p at-least at-most held finite-or-nan single))
(defun nan-p (x) (declare (type double-float x)) (sb-ext:float-nan-p x))
(defun finite-p (x) (declare (type double-float x)) (< (abs x) +infinity+))
(defun at-least (x y) (declare (type double-float x y)) (or (> x y) (= x y)))
(defun at-most (x y) (declare (type double-float x y)) (or (< x y) (= x y)))
(defun held (x low high)
  (declare (type double-float x low high))
  (cond ((< x low) low) ((> x high) high) (t x)))
(defun finite-or-nan (x) (if (finite-p x) x *nan*))
(defun single (x)
  "The nearest number of 32 bits; too large ones become infinite."
  (declare (type double-float x))
  (coerce (coerce x 'single-float) 'double-float))

(sb-ext:defglobal *powers*
  (coerce (loop for k to 22 collect (coerce (expt 10 k) 'double-float)) 'numbers))

(defun decimal-double (mantissa exponent)
  "The double nearest to MANTISSA times ten to the power EXPONENT, both integers."
  (let ((size (+ exponent (integer-length mantissa))))
    (cond ((zerop mantissa) 0d0)
          ((and (< mantissa (expt 2 53)) (<= -22 exponent 22))
           (let ((whole (coerce mantissa 'double-float))
                 (power (aref *powers* (abs exponent))))
             (if (minusp exponent) (/ whole power) (* whole power))))
          ((> exponent 400) +infinity+)
          ((< size -800) 0d0)
          (t (rational-double (* mantissa (expt 10 exponent)))))))

(defun rational-double (x)
  "The double nearest to a positive rational number, halves to even."
  (let* ((size (- (integer-length (numerator x)) (integer-length (denominator x))))
         (shift (- 53 size))
         (shift (if (>= (* x (expt 2 shift)) (expt 2 53)) (1- shift) shift))
         (shift (min shift 1074))
         (whole (round (* x (expt 2 shift)))))
    (if (> (- (integer-length whole) shift) 1024)
        +infinity+
        (scale-float (coerce whole 'double-float) (- shift)))))

(defun digits-end (text start end)
  "Where the digits that begin at START end."
  (or (position-if-not #'ascii-digit text :start start :end end) end))

(defun ascii-digit (sign) (char<= #\0 sign #\9))

(defun plain-number (text &optional (start 0) (end (length text)))
  "The number of a text such as -1.5e3; NIL where it is none."
  (declare (type simple-string text))
  (let* ((signed (and (< start end) (find (char text start) "+-")))
         (first (if signed (1+ start) start))
         (point (digits-end text first end))
         (behind (if (and (< point end) (char= (char text point) #\.)) (1+ point) point))
         (last (digits-end text behind end))
         (digits (+ (- point first) (- last behind)))
         (exponent 0))
    (when (zerop digits) (return-from plain-number nil))
    (when (< last end)
      (unless (char-equal (char text last) #\e) (return-from plain-number nil))
      (let* ((at (1+ last))
             (from (if (and (< at end) (find (char text at) "+-")) (1+ at) at)))
        (unless (and (< from end) (= (digits-end text from end) end)) (return-from plain-number nil))
        (setf exponent (parse-integer text :start at :end end))))
    (let* ((whole (if (< first point) (parse-integer text :start first :end point) 0))
           (part (if (< behind last) (parse-integer text :start behind :end last) 0))
           (places (- last behind))
           (value (decimal-double (+ (* whole (expt 10 places)) part)
                                  (- (max -100000 (min 100000 exponent)) places))))
      (if (eql signed #\-) (- value) value))))

(defun finite-number (text)
  "The number of a text; NaN where it is none or infinite."
  (finite-or-nan (or (plain-number text) *nan*)))

(defun word-number (word)
  "A number of plan.txt."
  (or (plain-number word)
      (cdr (assoc word `(("nan" . ,*nan*) ("inf" . ,+infinity+) ("-inf" . ,(- +infinity+))) :test #'string=))
      (refuse "found ~s where a number was wanted" word)))

(defun number-text (x)
  "A text that gives the same double again."
  (cond ((nan-p x) "nan")
        ((= x +infinity+) "inf")
        ((= x (- +infinity+)) "-inf")
        (t (let ((*read-default-float-format* 'double-float)) (prin1-to-string x)))))

(defun shortest-text (x)
  "The shortest text of a finite number, as Python writes it; whole numbers below 1e15 without a point."
  (if (and (< (abs x) 1d15) (= x (ftruncate x)))
      (format nil "~d" (truncate x))
      (multiple-value-bind (point digits) (sb-impl::flonum-to-digits (abs x))
        (let* ((sign (if (minusp x) "-" ""))
               (size (length digits))
               (zeros (lambda (count) (make-string count :initial-element #\0))))
          (cond ((not (< -4 point 17))
                 (format nil "~a~a~@[.~a~]e~a~2,'0d" sign (char digits 0) (and (> size 1) (subseq digits 1))
                         (if (plusp point) "+" "-") (abs (1- point))))
                ((<= point 0) (format nil "~a0.~a~a" sign (funcall zeros (- point)) digits))
                ((>= point size) (format nil "~a~a~a.0" sign digits (funcall zeros (- point size))))
                (t (format nil "~a~a.~a" sign (subseq digits 0 point) (subseq digits point))))))))
