;;;; The steps of a plan. Each is made once, of its arguments and the plan's arrays, into a function of a row's registers.

(in-package :PACKAGE)

(sb-ext:defglobal *operations* (make-hash-table :test 'equal))

(defvar *lists* #() "Lists of texts of the plan that is read.")

(defmacro define-step (name arguments &body body)
  "Define an operation. ARGUMENTS are (variable kind): WHOLE, NUMBER, NUMBERS, PLACES or TEXTS. BODY runs when a plan is read."
  `(setf (gethash ,name *operations*)
         (lambda (words arrays)
           (declare (ignorable arrays))
           (let ,(loop for (variable kind) in arguments
                       for i from 0
                       collect (list variable
                                     (ecase kind
                                       (whole `(word-whole words ,i))
                                       (number `(the double-float (aref words ,i)))
                                       (numbers `(the numbers (aref arrays (word-whole words ,i))))
                                       (texts `(aref *lists* (word-whole words ,i)))
                                       (places `(the places (whole-numbers (aref arrays (word-whole words ,i))))))))
             (declare ,@(loop for (variable kind) in arguments
                              collect `(type ,(ecase kind
                                                (whole 'fixnum) (number 'double-float) (numbers 'numbers) (places 'places)
                                                (texts 'list))
                                             ,variable)))
             ,@body))))

(defun word-whole (words i)
  (declare (type numbers words))
  (values (the fixnum (truncate (aref words i)))))

(defun whole-numbers (numbers)
  (map 'places #'truncate numbers))

(defmacro on-row (&body body)
  "A function of a row's registers R."
  `(lambda (r)
     (declare (type numbers r) (ignorable r) (optimize (speed 1) (safety 1)))
     ,@body))

(defmacro put (place value) `(setf (aref r ,place) ,value))

(declaim (inline logistic))
(defun logistic (x) (declare (type double-float x)) (/ 1d0 (+ 1d0 (exp (- x)))))

(declaim (inline expm1 power))
(defun expm1 (x)
  (sb-alien:alien-funcall (sb-alien:extern-alien "expm1" (function double-float double-float)) x))
(defun power (x y)
  (sb-alien:alien-funcall (sb-alien:extern-alien "pow" (function double-float double-float double-float)) x y))

(defun through-sum (r first count)
  "Divide COUNT registers by their sum."
  (declare (type numbers r) (type fixnum first count))
  (let ((total (aref r first)))
    (declare (type double-float total))
    (loop for k fixnum from 1 below count do (incf total (aref r (+ first k))))
    (dotimes (k count) (setf (aref r (+ first k)) (/ (aref r (+ first k)) total)))))

(define-step "plain" ((o whole) (c whole))
  (on-row (put o (finite-or-nan (aref r c)))))

(define-step "fill" ((o whole) (columns places) (fill numbers) (shift numbers) (scale numbers) (limit number)
                     (flagged places))
  (let ((count (length columns)))
    (on-row
      (dotimes (i count)
        (let ((x (aref r (aref columns i))))
          (unless (finite-p x) (setf x (aref fill i)))
          (setf x (* (- x (aref shift i)) (aref scale i)))
          (put (+ o i) (if (zerop limit) x (held x (- limit) limit)))))
      (dotimes (k (length flagged))
        (put (+ o count k) (if (finite-p (aref r (aref columns (aref flagged k)))) 0d0 1d0))))))

(define-step "code" ((o whole) (columns places))
  (on-row
    (dotimes (i (length columns))
      (let ((x (aref r (aref columns i)))) (put (+ o i) (if (< x 0d0) *nan* x))))))

(define-step "onehot" ((o whole) (c whole) (n whole))
  (on-row (dotimes (k n) (put (+ o k) (if (= (aref r c) k) 1d0 0d0)))))

(define-step "table" ((o whole) (c whole) (width whole) (values numbers))
  (let ((last (1- (floor (length values) (max width 1)))))
    (on-row
      (let* ((x (aref r c)) (row (if (at-least x 0d0) (truncate x) last)))
        (declare (type fixnum row last))
        (dotimes (k width) (put (+ o k) (aref values (+ (* row width) k))))))))

(define-step "embed" ((o whole) (c whole) (size whole) (width whole) (values numbers))
  (on-row
    (let* ((x (aref r c))
           (row (if (and (> x -1d0) (< x size)) (truncate x) (1- size))))
      (declare (type fixnum row))
      (dotimes (k width) (put (+ o k) (aref values (+ (* row width) k)))))))

(define-step "calendar" ((o whole) (c whole) (parts places) (start number) (fill number))
  (on-row
    (let ((x (aref r c)))
      (if (nan-p x)
          (dotimes (i (length parts)) (put (+ o i) fill))
          (let* ((whole (truncate x)) (days (floor whole 86400)))
            (multiple-value-bind (year month day) (date-of days)
              (dotimes (i (length parts))
                (put (+ o i)
                     (ecase (aref parts i)
                       (0 (coerce year 'double-float))
                       (1 (coerce month 'double-float))
                       (2 (coerce day 'double-float))
                       (3 (coerce (mod (+ days 3) 7) 'double-float))
                       (4 (coerce (1+ (- days (days-of year 1 1))) 'double-float))
                       (5 (/ (coerce (- whole (* days 86400)) 'double-float) 3600d0))
                       (6 (/ (- x start) 86400d0)))))))))))

(define-step "gaps" ((o whole) (numbers places) (codes places))
  (on-row
    (let ((count (+ (count-if-not (lambda (c) (finite-p (aref r c))) numbers)
                    (count-if (lambda (c) (< (aref r c) 0d0)) codes))))
      (put o (coerce count 'double-float)))))

(define-step "slot" ((o whole) (c whole) (size number))
  (on-row (put o (if (< (aref r c) 0d0) size (aref r c)))))

(define-step "bin" ((o whole) (c whole) (edges numbers))
  (on-row
    (let ((x (aref r c)))
      (put o (coerce (if (finite-p x) (count-if (lambda (edge) (< edge x)) edges) (length edges)) 'double-float)))))

(define-step "cell" ((o whole) (a whole) (b whole) (stride number) (offset number) (table numbers))
  (on-row
    (put o (aref table (truncate (+ offset (* stride (aref r a)) (if (minusp b) 0d0 (aref r b))))))))

(define-step "weigh" ((o whole) (a whole) (b whole) (wa number) (wb number))
  (on-row (put o (finite-or-nan (+ (* (aref r a) wa) (* (aref r b) wb))))))

(define-step "product" ((o whole) (a whole) (b whole))
  (on-row (put o (finite-or-nan (* (aref r a) (aref r b))))))

(define-step "ratio" ((o whole) (a whole) (b whole))
  (on-row (put o (finite-or-nan (/ (aref r a) (aref r b))))))

(define-step "constant" ((o whole) (values numbers))
  (on-row (dotimes (k (length values)) (put (+ o k) (aref values k)))))

(defun lines-step (o features outputs weights offsets)
  (declare (type fixnum o outputs) (type places features) (type numbers weights offsets))
  (let ((count (length features)))
    (on-row
      (dotimes (k outputs)
        (let ((total 0d0))
          (declare (type double-float total))
          (dotimes (j count)
            (let ((term (* (aref r (aref features j)) (aref weights (+ (* j outputs) k)))))
              (setf total (if (zerop j) term (+ total term)))))
          (put (+ o k) (+ total (aref offsets k))))))))

(define-step "lines" ((o whole) (features places) (outputs whole) (weights numbers) (offsets numbers))
  (lines-step o features outputs weights offsets))

(define-step "dense" ((o whole) (inputs places) (outputs whole) (weights numbers) (offsets numbers))
  (lines-step o inputs outputs weights offsets))

(define-step "squash" ((o whole) (features places) (center numbers) (scale numbers))
  (on-row
    (dotimes (i (length features))
      (let* ((z (* (- (aref r (aref features i)) (aref center i)) (aref scale i)))
             (third (/ z 3d0)))
        (put (+ o i) (/ z (sqrt (the (double-float 0d0) (+ 1d0 (* third third))))))))))

(define-step "waves" ((o whole) (i whole) (n whole) (waves whole) (mixtures whole) (frequency numbers) (phase numbers)
                      (mix numbers) (offset numbers))
  (on-row
    (dotimes (k n)
      (dotimes (m mixtures)
        (let ((total 0d0))
          (declare (type double-float total))
          (dotimes (w waves)
            (let* ((at (+ (* k waves) w))
                   (term (* (cos (+ (* (aref r (+ i k)) (aref frequency at)) (aref phase at)))
                            (aref mix (+ (* at mixtures) m)))))
              (setf total (if (zerop w) term (+ total term)))))
          (put (+ o (* k mixtures) m) (+ total (aref offset (+ (* k mixtures) m)))))))))

(define-step "bend" ((o whole) (i whole) (n whole) (kind whole) (slopes numbers))
  (on-row
    (dotimes (k n)
      (let* ((z (aref r (+ i k)))
             (bent (if (zerop kind)
                       (* 1.0507009873554805d0
                          (+ (if (< z 0d0) 0d0 z) (* 1.6732632423543772d0 (expm1 (if (> z 0d0) 0d0 z)))))
                       (let* ((e (exp (if (> z 20d0) 20d0 z))) (p (* e (+ e 2d0))))
                         (* z (/ p (+ p 2d0)))))))
        (put (+ o k) (+ z (* (aref slopes k) (- bent z))))))))

(define-step "copy" ((o whole) (i whole) (n whole))
  (on-row (dotimes (k n) (put (+ o k) (aref r (+ i k))))))

(define-step "logistic" ((o whole) (i whole))
  (on-row (let ((p (logistic (aref r i)))) (put o (- 1d0 p)) (put (1+ o) p))))

(define-step "share" ((o whole) (i whole))
  (on-row (let ((p (held (aref r i) 0d0 1d0))) (put o (- 1d0 p)) (put (1+ o) p))))

(define-step "softmax" ((o whole) (i whole) (n whole))
  (on-row
    (let ((greatest (aref r i)))
      (dotimes (k n) (when (> (aref r (+ i k)) greatest) (setf greatest (aref r (+ i k)))))
      (dotimes (k n) (put (+ o k) (exp (- (aref r (+ i k)) greatest))))
      (through-sum r o n))))

(define-step "above" ((o whole) (i whole) (n whole) (each whole) (thresholds numbers))
  (on-row
    (let ((shares (make-array (+ n 2) :element-type 'double-float :initial-element 0d0)))
      (dotimes (k n)
        (setf (aref shares (1+ k))
              (logistic (- (aref r (if (= each 1) (+ i k) i)) (aref thresholds k)))))
      (setf (subseq shares 1 (1+ n)) (sort (subseq shares 1 (1+ n)) #'>)
            (aref shares 0) 1d0)
      (dotimes (k (1+ n))
        (let ((step (- (aref shares k) (aref shares (1+ k)))))
          (put (+ o k) (if (> step 1d-9) step 1d-9))))
      (through-sum r o (1+ n)))))

(define-step "clip" ((o whole) (i whole) (n whole) (low number) (high number))
  (on-row (dotimes (k n) (put (+ o k) (held (aref r (+ i k)) low high)))))

(define-step "affine" ((o whole) (i whole) (n whole) (shift number) (scale number))
  (on-row (dotimes (k n) (put (+ o k) (+ shift (* scale (aref r (+ i k))))))))

(define-step "divide" ((o whole) (i whole) (n whole) (by number))
  (on-row (dotimes (k n) (put (+ o k) (/ (aref r (+ i k)) by)))))

(define-step "add" ((o whole) (i whole) (j whole) (n whole))
  (on-row (dotimes (k n) (put (+ o k) (+ (aref r (+ i k)) (aref r (+ j k)))))))

(define-step "ordered" ((o whole) (i whole) (n whole) (order places))
  (on-row
    (let ((sorted (sort (subseq r i (+ i n)) #'<)))
      (dotimes (k n) (put (+ o (aref order k)) (aref sorted k))))))

(define-step "mean" ((o whole) (n whole) (members places) (weights numbers))
  (on-row
    (dotimes (k n)
      (let ((total (* (aref weights 0) (aref r (+ (aref members 0) k)))))
        (loop for i from 1 below (length members)
              do (incf total (* (aref weights i) (aref r (+ (aref members i) k)))))
        (put (+ o k) total)))))

(define-step "temper" ((o whole) (i whole) (n whole) (power number))
  (on-row
    (dotimes (k n) (put (+ o k) (power (held (aref r (+ i k)) 1d-7 1d0) power)))
    (through-sum r o n)))

(define-step "unscale" ((o whole) (i whole) (kind whole) (most number) (low number))
  (on-row
    (let ((x (held (aref r i) 0d0 most)))
      (put o (+ (if (zerop kind) (expm1 x) (* x x)) low)))))

(define-step "spread" ((o whole) (i whole) (n whole) (floor number) (levels numbers) (factors numbers))
  (let ((below (sort (loop for k below (length levels) when (< (aref levels k) (aref levels 0)) collect k) #'>
                     :key (lambda (k) (aref levels k))))
        (above (sort (loop for k below (length levels) when (> (aref levels k) (aref levels 0)) collect k) #'<
                     :key (lambda (k) (aref levels k)))))
    (on-row
      (let ((median (aref r i)))
        (dotimes (k n)
          (let ((x (aref r (+ i k))))
            (when (< k (length levels))
              (setf x (+ median (* (- x median) (aref factors k))))
              (when (< x floor) (setf x floor)))
            (put (+ o k) x)))
        (let ((fence (aref r o)))
          (dolist (k below)
            (if (< (aref r (+ o k)) fence) (setf fence (aref r (+ o k))) (put (+ o k) fence))))
        (let ((fence (aref r o)))
          (dolist (k above)
            (if (> (aref r (+ o k)) fence) (setf fence (aref r (+ o k))) (put (+ o k) fence))))))))

(define-step "factor" ((o whole) (c whole) (at numbers) (logarithm numbers) (unknown number))
  (let ((last (1- (length at))))
    (on-row
      (let ((x (aref r c)))
        (put o
             (cond ((zerop (length at))
                    (if (and (at-least x 0d0) (< x (length logarithm))) (aref logarithm (truncate x)) unknown))
                   ((not (finite-p x)) unknown)
                   ((at-most x (aref at 0)) (aref logarithm 0))
                   ((at-least x (aref at last)) (aref logarithm last))
                   (t (let ((i (position-if (lambda (point) (at-most point x)) at :from-end t)))
                        (+ (* (/ (- (aref logarithm (1+ i)) (aref logarithm i)) (- (aref at (1+ i)) (aref at i)))
                              (- x (aref at i)))
                           (aref logarithm i))))))))))

(define-step "size" ((o whole) (factors places) (base number) (low number) (high number))
  (on-row
    (let ((total base))
      (declare (type double-float total))
      (dotimes (k (length factors)) (incf total (aref r (aref factors k))))
      (put o (exp (held total low high))))))

(define-step "interval" ((o whole) (i whole) (lowest whole) (highest whole) (below number) (above number) (size whole))
  (on-row
    (let* ((s (if (minusp size) 1d0 (aref r size)))
           (middle (aref r i))
           (low (- (aref r (+ i lowest)) (* below s)))
           (high (+ (aref r (+ i highest)) (* above s))))
      (unless (= lowest highest)
        (when (> low middle) (setf low middle))
        (when (< high middle) (setf high middle)))
      (put o low)
      (put (1+ o) high))))
