;;;; Steps that read free texts.

(in-package :PACKAGE)

(defvar *texts* #() "Texts of the columns of the row that is predicted; empty where they are missing.")

(defun space-p (code)
  (or (<= 9 code 13) (<= 28 code 32) (<= #x2000 code #x200a)
      (member code '(#x85 #xa0 #x1680 #x2028 #x2029 #x202f #x205f #x3000))))

(defun pairs-up-to (pairs code)
  "How many of the pairs in ascending order begin at CODE or below."
  (declare (type places pairs) (type fixnum code) (optimize (speed 1) (safety 1)))
  (let ((low 0) (high (floor (length pairs) 2)))
    (declare (type fixnum low high))
    (loop while (< low high)
          do (let ((middle (ash (+ low high) -1)))
               (if (<= (aref pairs (* 2 middle)) code) (setf low (1+ middle)) (setf high middle))))
    low))

(defun in-ranges-p (ranges code)
  (let ((place (pairs-up-to ranges code)))
    (and (plusp place) (<= code (aref ranges (1- (* 2 place)))))))

(defun small-letter (lower code)
  (let ((place (pairs-up-to lower code)))
    (if (and (plusp place) (= (aref lower (- (* 2 place) 2)) code)) (aref lower (1- (* 2 place))) code)))

(defun last-sigma-p (text place cased passed)
  "Whether the sigma at PLACE ends a word: behind a letter and before none, marks between passed over."
  (flet ((in (ranges at) (in-ranges-p ranges (char-code (char text at)))))
    (let ((before (1- place)) (after (1+ place)) (size (length text)))
      (loop while (and (>= before 0) (in passed before)) do (decf before))
      (loop while (and (< after size) (in passed after)) do (incf after))
      (and (>= before 0) (in cased before) (not (and (< after size) (in cased after)))))))

(defun cleaned-text (text lower cased passed)
  "Small letters, single blanks, and none at the ends."
  (let ((blank nil) (begun nil))
    (with-output-to-string (out)
      (loop for sign across text
            for code = (char-code sign)
            for place from 0
            do (cond ((space-p code) (setf blank begun))
                     (t (when blank (write-char #\Space out))
                        (setf blank nil begun t)
                        (let ((small (small-letter lower code)))
                          (cond ((= code #x130) (write-char #\i out) (write-char (code-char #x307) out))
                                ((and (= code #x3a3) (/= small code) (last-sigma-p text place cased passed))
                                 (write-char (code-char #x3c2) out))
                                (t (write-char (code-char small) out))))))))))

(defun places-of (texts first)
  (let ((places (make-hash-table :test 'equal)))
    (loop for text in texts for place from first do (setf (gethash text places) place))
    places))

(defun singles (numbers) (map 'numbers #'single numbers))

(define-step "text" ((o whole) (c whole) (width whole) (start whole) (far whole) (near whole) (words texts)
                     (pairs numbers) (runs texts) (rarity numbers) (damped numbers) (lower places) (letters places)
                     (cased places) (passed places) (weights numbers) (offsets numbers))
  (let* ((word-places (places-of words 0))
         (size (length words))
         (first-run (+ size (length pairs)))
         (run-places (places-of runs first-run))
         (pair-places (make-hash-table))
         (idf (singles rarity))
         (weights (singles weights))
         (offsets (singles offsets)))
    (declare (type numbers idf weights offsets))
    (loop for pair across pairs for place from size do (setf (gethash (truncate pair) pair-places) place))
    (labels ((count-grams (text)
               (let ((counts (make-hash-table)) (before nil) (at 0) (end (length text)))
                 (flet ((met (gram) (when gram (incf (gethash gram counts 0))))
                        (letter (sign) (in-ranges-p letters (char-code sign))))
                   (loop (let* ((from (or (position-if #'letter text :start at) (return)))
                                (to (or (position-if-not #'letter text :start from) end))
                                (word (gethash (subseq text from to) word-places)))
                           (met word)
                           (when (and before word) (met (gethash (+ (* before size) word) pair-places)))
                           (setf before word at to)))
                   (unless (null runs)
                     (let* ((spaced (concatenate 'string " " (subseq text 0 (min near end)) " "))
                            (most (length spaced)))
                       (loop for run from 2 to 4
                             do (loop for first from 0 to (- most run)
                                      do (met (gethash (subseq spaced first (+ first run)) run-places)))))))
                 (sort (loop for gram being the hash-keys of counts using (hash-value times) collect (cons gram times))
                       #'< :key #'car)))
             (kind (gram) (if (< gram first-run) 0 1)))
      (on-row
        (let* ((text (aref *texts* c))
               (seen (subseq text 0 (min far (length text))))
               (grams (count-grams (cleaned-text seen lower cased passed)))
               (lengths (make-array 2 :element-type 'double-float :initial-element 0d0))
               (totals (make-array width :element-type 'double-float :initial-element 0d0)))
          (unless (minusp start) (dotimes (k width) (setf (aref totals k) (aref r (+ start k)))))
          (loop for one in grams
                for (gram . times) = one
                for value = (single (* (aref damped (min times (1- (length damped)))) (aref idf gram)))
                do (setf (cdr one) value)
                   (incf (aref lengths (kind gram)) (single (* value value))))
          (loop for (gram . value) in grams
                for share = (single (/ (the double-float value) (single (sqrt (the (double-float 0d0) (aref lengths (kind gram)))))))
                do (dotimes (k width)
                     (setf (aref totals k)
                           (single (+ (aref totals k) (single (* share (aref weights (+ (* gram width) k)))))))))
          (dotimes (k width) (put (+ o k) (single (+ (aref totals k) (aref offsets k))))))))))

(defun whole-logarithm (number)
  "The logarithm of a whole number by sums and products alone."
  (let ((left (coerce number 'double-float)) (power 0))
    (loop while (at-least left 1.5d0) do (setf left (/ left 2d0)) (incf power))
    (let* ((s (/ (- left 1d0) (+ left 1d0))) (square (* s s)) (total 0d0))
      (loop for i from 12 downto 0 do (setf total (+ (* total square) (/ 1d0 (+ (* 2 i) 1)))))
      (+ (* power 0.6931471805599453d0) (* 2d0 s total)))))

(define-step "shape" ((o whole) (c whole) (far whole))
  (on-row
    (let* ((text (aref *texts* c))
           (size (length text))
           (seen (min far size))
           (capitals (count-if (lambda (sign) (char<= #\A sign #\Z)) text :end seen))
           (digits (count-if #'ascii-digit text :end seen))
           (small (count-if (lambda (sign) (char<= #\a sign #\z)) text :end seen))
           (signs (- (count-if (lambda (sign) (< 32 (char-code sign) 128)) text :end seen) capitals digits small)))
      (put o (whole-logarithm (1+ size)))
      (put (+ o 1) (whole-logarithm (+ 2 (count #\Space text))))
      (loop for count in (list capitals digits signs)
            for k from 2
            do (put (+ o k) (/ (coerce count 'double-float) (coerce (max seen 1) 'double-float)))))))
