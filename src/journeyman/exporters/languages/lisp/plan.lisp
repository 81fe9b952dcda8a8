;;;; The file plan.txt, and what is predicted of a row and of a file.

(in-package :PACKAGE)

(defstruct model
  name version task target columns registers steps scores outputs labels label-type threshold ordered interval)

(defun model-column-names (model) (mapcar #'column-name (model-columns model)))

(defstruct prediction
  "LABEL is the class, typed, or NIL where values are predicted; OUTPUTS are probabilities or values; LOW and HIGH are the
ends of the interval, or NIL; SCORES are the raw scores."
  label outputs low high scores code)

(defun file-text (path)
  (with-open-file (stream path :external-format :utf-8)
    (let* ((text (make-string (file-length stream)))
           (size (read-sequence text stream))
           (start (if (and (plusp size) (char= (char text 0) (code-char #xfeff))) 1 0)))
      (subseq text start size))))

(defun next-word (text at)
  "The word that begins at AT or behind blanks, and where it ends; NIL at the end of the text."
  (declare (type (simple-array character (*)) text) (type fixnum at))
  (flet ((blank (sign) (or (char= sign #\Space) (char= sign #\Newline) (char= sign #\Return))))
    (let* ((start (position-if-not #'blank text :start at))
           (end (and start (or (position-if #'blank text :start start) (length text)))))
      (and start (values (subseq text start end) end)))))

(defun plain-text (word)
  "\\s is a blank, \\n a line feed, \\t a tab, \\r a carriage return, \\\\ a backslash; \\e alone is the empty text."
  (if (find #\\ word)
      (with-output-to-string (out)
        (loop with at = 0
              while (< at (length word))
              do (let ((sign (char word at)))
                   (cond ((and (char= sign #\\) (< (1+ at) (length word)))
                          (let ((plain (case (char word (1+ at))
                                         (#\s #\Space) (#\n #\Newline) (#\t #\Tab) (#\r #\Return) (#\e nil)
                                         (t (char word (1+ at))))))
                            (when plain (write-char plain out)))
                          (incf at 2))
                         (t (write-char sign out) (incf at))))))
      word))

(defun load-model (path)
  "Read a plan.txt. PLAN-ERROR where it is none, or of a newer version."
  (let ((*lists* #())) (without-float-traps (read-model path))))

(defun read-model (path)
  (let ((text (coerce (file-text path) '(simple-array character (*)))) (at 0))
    (labels ((word ()
               (multiple-value-bind (word end) (next-word text at)
                 (unless word (refuse "~a is cut off" path))
                 (setf at end)
                 word))
             (keyword (name)
               (let ((found (word)))
                 (unless (string= found name) (refuse "~a: found ~s, wanted ~s" path found name))))
             (number () (word-number (word)))
             (whole () (nth-value 0 (truncate (number))))
             (times (count f) (loop repeat count collect (funcall f)))
             (counted (name f) (keyword name) (times (whole) f))
             (numbers ()
               (let ((numbers (make-array (whole) :element-type 'double-float)))
                 (dotimes (i (length numbers) numbers) (setf (aref numbers i) (number)))))
             (named-text (name) (keyword name) (plain-text (word))))
      (unless (and (equal (next-word text 0) "journeyman-plan") (word)) (refuse "~a is no scoring plan" path))
      (let ((version (word)))
        (unless (string= version "1")
          (refuse "~a was written by a newer version: format ~a, this reads 1" path version)))
      (let* ((model (make-model :name (named-text "name")
                                :version (progn (keyword "version") (whole))
                                :task (named-text "task") :target (named-text "target")))
             (texts (coerce (counted "texts" (lambda () (times (whole) (lambda () (plain-text (word)))))) 'vector))
             (arrays (coerce (counted "arrays" #'numbers) 'vector)))
        (setf *lists* texts)
        (flet ((text-list () (let ((place (whole))) (if (minusp place) '() (aref texts place)))))
          (setf (model-columns model)
                (counted "columns"
                         (lambda ()
                           (prepare-column
                            (make-column :name (plain-text (word)) :kind (word) :decimal (word) :unit (plain-text (word))
                                         :categories (text-list) :missing (text-list) :formats (text-list)
                                         :century (whole)))))
                (model-registers model) (progn (keyword "registers") (whole))
                (model-steps model)
                (counted "steps"
                         (lambda ()
                           (let* ((operation (word)) (make (gethash operation *operations*)))
                             (unless make (refuse "~a: the operation ~s is not known to this reader" path operation))
                             (funcall make (numbers) arrays))))
                (model-scores model) (progn (keyword "scores") (whole-numbers (numbers)))
                (model-outputs model) (progn (keyword "outputs") (whole-numbers (numbers)))
                (model-labels model) (progn (keyword "labels") (coerce (text-list) 'vector))
                (model-label-type model) (word)
                (model-threshold model) (number)
                (model-ordered model) (= (whole) 1)
                (model-interval model) (progn (keyword "interval") (list (whole) (whole)))))
        (keyword "end")
        model))))

(defun row-value (row name)
  "A cell of a row: an association list, or a hash table, by the names of columns."
  (if (hash-table-p row) (gethash name row) (cdr (assoc name row :test #'string=))))

(defun predict (model row)
  "Predict ROW: an association list or a hash table from names of columns to texts, numbers, T, :TRUE, :FALSE or NIL."
  (predict-values model (mapcar (lambda (column) (row-value row (column-name column))) (model-columns model))))

(defun predict-values (model values)
  (without-float-traps
    (let ((r (make-array (model-registers model) :element-type 'double-float :initial-element 0d0))
          (*texts* (map 'vector #'column-text (model-columns model) values)))
      (loop for column in (model-columns model)
            for value in values
            for i from 0
            do (setf (aref r i) (column-value column value)))
      (dolist (step (model-steps model)) (funcall (the function step) r))
      (flet ((registers (places) (map 'numbers (lambda (place) (aref r place)) places))
             (end (place) (and (>= place 0) (aref r place))))
        (let* ((outputs (registers (model-outputs model)))
               (code (and (plusp (length (model-labels model))) (label-code model outputs))))
          (make-prediction :outputs outputs :scores (registers (model-scores model)) :code code
                           :label (and code (typed-label model code))
                           :low (end (first (model-interval model))) :high (end (second (model-interval model)))))))))

(defun label-code (model p)
  (declare (type numbers p))
  (cond ((model-ordered model)
         (let ((total 0d0) (sum 0d0))
           (loop for x across p do (incf total x))
           (or (position-if (lambda (x) (incf sum x) (at-least sum (- (* 0.5d0 total) 1d-12))) p) 0)))
        ((not (nan-p (model-threshold model))) (if (at-least (aref p 1) (model-threshold model)) 1 0))
        (t (let ((best 0))
             (dotimes (k (length p) best) (when (> (aref p k) (aref p best)) (setf best k)))))))

(defun typed-label (model code)
  (let ((label (aref (model-labels model) code))
        (type (model-label-type model)))
    (cond ((string= type "int") (truncate (plain-number label)))
          ((string= type "float") (plain-number label))
          ((string= type "bool") (if (member label '("true" "1" "1.0" "yes") :test #'string-equal) :true :false))
          (t label))))

;;; Comma-separated values, RFC 4180.

(defun read-table (path)
  "Rows of texts, the header first."
  (let ((text (file-text path)) (rows '()) (row '()) (cell (make-string-output-stream)) (quoted nil) (begun nil))
    (flet ((end-cell () (push (get-output-stream-string cell) row) (setf begun nil))
           (end-row () (push (nreverse row) rows) (setf row '())))
      (loop with at = 0
            while (< at (length text))
            do (let ((sign (char text at)))
                 (cond ((and quoted (char= sign #\") (< (1+ at) (length text)) (char= (char text (1+ at)) #\"))
                        (write-char #\" cell)
                        (incf at))
                       ((char= sign #\") (setf quoted (not quoted) begun t))
                       (quoted (write-char sign cell))
                       ((char= sign #\,) (end-cell) (setf begun t))
                       ((char= sign #\Newline) (end-cell) (end-row))
                       ((and (char= sign #\Return) (< (1+ at) (length text)) (char= (char text (1+ at)) #\Newline)))
                       (t (write-char sign cell) (setf begun t)))
                 (incf at)))
      (when (or begun row) (end-cell) (end-row)))
    (nreverse rows)))

(defun column-places (model header path)
  (loop for name in (model-column-names model)
        collect (or (position name header :test #'string=) (refuse "~a lacks the column ~s" path name))))

(defun predict-table (model table path)
  "Predictions of the rows of a table, whose first row is the header."
  (let ((places (column-places model (first table) path)))
    (loop for row in (rest table)
          for cells = (coerce row 'vector)
          collect (predict-values model (mapcar (lambda (place) (aref cells place)) places)))))

(defun predict-file (model rows answers)
  "Answer a file of comma-separated values by another one."
  (without-float-traps (write-answers model rows answers)))

(defun write-answers (model rows answers)
  (let ((predictions (predict-table model (read-table rows) rows))
        (interval (>= (first (model-interval model)) 0))
        (labels (model-labels model)))
    (with-open-file (out answers :direction :output :if-exists :supersede :external-format :utf-8)
      (flet ((line (cells) (format out "~{~a~^,~}~%" cells)))
        (line (append (loop for k below (length (model-scores model)) collect (format nil "score ~d" k))
                      (loop for k below (length (model-outputs model)) collect (format nil "prediction ~d" k))
                      (and interval '("low" "high"))
                      (and (plusp (length labels)) '("label"))))
        (dolist (p predictions)
          (line (append (map 'list #'number-text (prediction-scores p))
                        (map 'list #'number-text (prediction-outputs p))
                        (and interval (list (number-text (prediction-low p)) (number-text (prediction-high p))))
                        (and (prediction-code p)
                             (list (format nil "\"~a\"" (doubled (aref labels (prediction-code p)))))))))))))

(defun doubled (text)
  "TEXT with its quotes doubled."
  (with-output-to-string (out)
    (loop for sign across text
          do (write-char sign out)
             (when (char= sign #\") (write-char sign out)))))
