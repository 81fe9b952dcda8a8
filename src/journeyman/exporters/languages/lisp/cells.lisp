;;;; Columns: texts as a file holds them, or typed values, to doubles.

(in-package :PACKAGE)

(defstruct column
  name kind decimal unit categories missing formats century
  (codes (make-hash-table :test 'equal)) ; places of categories by their names, lower case where booleans
  gone)                                  ; the numbers (of dates: microseconds) that stand for a missing value

(sb-ext:defglobal *blanks*
  (map 'string #'code-char '(9 10 11 12 13 32 #xa0 #x202f #x2009 #x3000 #xfeff #x200b #x200e #x200f #x2060)))

(defun without-blanks (text) (coerce (string-trim *blanks* text) 'simple-string))

(defun cleaned (text)
  "TEXT without blanks at its ends, and without a pair of quotes around it."
  (let* ((text (without-blanks text))
         (text (if (starts-with "=\"" text) (subseq text 1) text))
         (size (length text)))
    (if (and (> size 1) (char= (char text 0) (char text (1- size))) (find (char text 0) "'\""))
        (without-blanks (subseq text 1 (1- size)))
        text)))

(defun starts-with (start text)
  (and (>= (length text) (length start)) (string= start text :end2 (length start))))

(defun ends-with (end text)
  (and (>= (length text) (length end)) (string= end text :start2 (- (length text) (length end)))))

(defun text-in (text texts) (member text texts :test #'string=))

(defun prepare-column (column)
  "Fill in what reading needs."
  (let ((codes (column-codes column)))
    (loop for name in (column-categories column)
          for key = (if (string= (column-kind column) "boolean") (string-downcase name) name)
          for place from 0
          unless (gethash key codes) do (setf (gethash key codes) place)))
  (setf (column-gone column)
        (if (string= (column-kind column) "date")
            (remove nil (mapcar (lambda (text) (read-micros column text)) (column-missing column)))
            (remove-if #'nan-p (mapcar #'finite-number (column-missing column)))))
  column)

(defun column-value (column value)
  "The register of a value: a text, a number, T, :TRUE, :FALSE, or NIL where it is missing."
  (let ((kind (column-kind column)))
    (cond ((string= kind "text") *nan*)
          ((null value) (if (string= kind "category") -1d0 *nan*))
          ((stringp value) (text-value column kind (cleaned value)))
          ((string= kind "category")
           (text-value column kind (case value ((t :true) "True") (:false "False") (t (number-name value)))))
          (t (let ((number (case value ((t :true) 1d0) (:false 0d0) (t (real-double column value)))))
               (if (typed-gone column kind number) *nan* (finite-or-nan number)))))))

(defun column-text (column value)
  "The text that steps read: empty where it is missing, and of columns that hold no texts."
  (if (or (null value) (string/= (column-kind column) "text"))
      ""
      (let* ((text (without-blanks (cond ((stringp value) value)
                                         ((eq value :false) "False")
                                         ((member value '(t :true)) "True")
                                         (t (number-name value)))))
             (signs (column-categories column))
             (longest (reduce #'max signs :key #'length :initial-value 0)))
        (if (or (text-in text (column-missing column))
                (and (<= (length text) longest) (text-in (map 'string #'small-sign text) signs)))
            ""
            (coerce text '(simple-array character (*)))))))

(defun small-sign (sign)
  "The small letter of a capital of Latin or Cyrillic; the sign of Kelvin is a k."
  (let ((code (char-code sign)))
    (cond ((= code #x212a) #\k)
          ((or (<= 65 code 90) (and (<= #xc0 code #xde) (/= code #xd7)) (<= #x410 code #x42f)) (code-char (+ code 32)))
          (t sign))))

(defun typed-gone (column kind number)
  (if (string= kind "date")
      (member number (column-gone column) :key #'micros-seconds :test #'=)
      (member number (column-gone column) :test #'=)))

(defun real-double (column value)
  (if (realp value)
      (coerce value 'double-float)
      (refuse "column ~s holds ~s; wanted is a number or a text" (column-name column) value)))

(defun number-name (value)
  (if (and (realp value) (finite-p (coerce value 'double-float)))
      (shortest-text (coerce value 'double-float))
      ""))

(defun text-value (column kind text)
  (cond ((string= text "") (if (string= kind "category") -1d0 *nan*))
        ((string= kind "number") (read-number column text))
        ((string= kind "boolean") (read-boolean column text))
        ((string= kind "category") (read-category column text))
        ((string= kind "date") (read-moment column text))
        (t (refuse "column ~s is of the kind ~a, which this reader does not know" (column-name column) kind))))

(defun unless-gone (column number)
  (if (member number (column-gone column) :test #'=) *nan* number))

(defun read-number (column text)
  (let* ((comma (string= (column-decimal column) ","))
         (plain (and (not (and comma (find #\. text))) (plain-number text)))
         (number (or plain (written-number text (column-unit column) (if comma #\, #\.)))))
    (unless-gone column (finite-or-nan number))))

(defun written-number (text unit point)
  "The number of a text with its unit, groups of digits, or the other decimal sign; NaN where it is none."
  (let ((text (cond ((string= unit "") text)
                    ((starts-with unit (subseq text (after-sign text)))
                     (concatenate 'simple-string (subseq text 0 (after-sign text))
                                  (without-blanks (subseq text (+ (after-sign text) (length unit))))))
                    ((ends-with unit text) (without-blanks (subseq text 0 (- (length text) (length unit)))))
                    (t text)))
        (other (if (char= point #\.) #\, #\.)))
    (or (grouped-number text point other) (swapped-number text other)
        (cond ((string= text "True") 1d0) ((string= text "False") 0d0) (t *nan*)))))

(defun after-sign (text) (if (and (plusp (length text)) (find (char text 0) "+-")) 1 0))

(defun grouped-number (text point other)
  "A number whose digits may stand in groups: 1 to 3, then 3 each, all divided by the same sign."
  (let* ((start (after-sign text))
         (first (digits-end text start (length text)))
         (sign (and (< first (length text)) (char text first)))
         (end first))
    (when (and sign (find sign (list other #\Space #\' #\_)) (<= 1 (- first start) 3) (char/= (char text start) #\0))
      (loop while (and (< end (length text)) (char= (char text end) sign)
                       (= (digits-end text (1+ end) (length text)) (+ end 4)))
            do (incf end 4)))
    (let ((rest (subseq text end)))
      (when (and (plusp (length rest)) (char= (char rest 0) #\.) (char/= point #\.))
        (return-from grouped-number nil))
      (plain-number (coerce (concatenate 'string (remove sign (subseq text 0 end)) (substitute #\. point rest))
                            'simple-string)))))

(defun swapped-number (text other)
  "A number with the other decimal sign, where that cannot divide groups."
  (let* ((start (after-sign text))
         (first (digits-end text start (length text))))
    (when (and (< start first (length text)) (char= (char text first) other))
      (let ((places (- (digits-end text (1+ first) (length text)) first 1)))
        (when (or (<= 1 places 2) (> places 3)) (plain-number (substitute #\. other text)))))))

(defun read-boolean (column text)
  (let ((place (gethash (string-downcase text) (column-codes column)))
        (number (finite-number text)))
    (cond ((text-in text (column-missing column)) *nan*)
          (place (float (mod place 2) 1d0))
          ((or (nan-p number) (nan-p (unless-gone column number))) *nan*)
          ((setf place (gethash (shortest-text number) (column-codes column))) (float (mod place 2) 1d0))
          ((and (equal (first (column-categories column)) "0") (equal (second (column-categories column)) "1")) number)
          (t *nan*))))

(defun read-category (column text)
  (let ((place (gethash text (column-codes column)))
        (number (plain-number text))
        (unit (column-unit column)))
    (cond (place (float place 1d0))
          ((or (null number) (not (finite-p number)) (text-in text (column-missing column)) (string= unit "exact")) -1d0)
          (t (let ((bare (if (and (string= unit "zeros") (every #'ascii-digit text)) text (shortest-text number))))
               (when (and (string= unit "zeros") (every #'ascii-digit bare))
                 (setf bare (concatenate 'string
                                         (make-string (max 0 (- (length (first (column-categories column))) (length bare)))
                                                      :initial-element #\0)
                                         bare)))
               (float (gethash bare (column-codes column) -1) 1d0))))))

(defun read-moment (column text)
  (let ((micros (and (not (text-in text (column-missing column))) (read-micros column text))))
    (if (and micros (not (member micros (column-gone column)))) (micros-seconds micros) *nan*)))

(defun micros-seconds (micros) (/ (coerce micros 'double-float) 1d6))

(defun read-micros (column text)
  "Microseconds since 1970 by the first format that fits; NIL where none does."
  (loop for format in (column-formats column)
        for scale = (cdr (assoc format '(("epoch_s" . 1d6) ("epoch_ms" . 1d3) ("epoch_us" . 1d0) ("epoch_ns" . 1d-3))
                                :test #'string=))
        for micros = (if scale
                         (let ((number (* scale (finite-number text))))
                           (and (< (abs number) (expt 2d0 62)) (nth-value 0 (round number))))
                         (date-micros text format (column-century column)))
        when micros return micros))

(sb-ext:defglobal *months* '("january" "february" "march" "april" "may" "june" "july" "august" "september" "october"
                             "november" "december"))

(defun date-micros (text format century)
  (let ((tight (or (text-in format '("%Y-%m" "%Y/%m" "%m/%Y")) (starts-with "%Y%m%d" format))))
    (match-date text 0 format 0 tight '() (lambda (parts) (return-from date-micros (parts-micros parts century))))
    nil))

(defun match-date (text at format place tight parts found)
  "Call FOUND with the parts, a list of letters and values, of each way in which TEXT fits FORMAT."
  (if (= place (length format))
      (when (= at (length text)) (funcall found parts))
      (flet ((go-on (end place part value)
               (match-date text end format place tight (if part (list* part value parts) parts) found)))
        (if (char/= (char format place) #\%)
            (when (and (< at (length text)) (char= (char text at) (char format place))) (go-on (1+ at) (1+ place) nil nil))
            (let ((code (char format (1+ place))))
              (loop for (end . value) in (part-values code text at tight)
                    do (go-on end (+ place 2) code value)))))))

(defun part-values (code text at tight)
  "What the part CODE may be at AT: a list of its end and its value, the longest first."
  (let ((digits (- (digits-end text at (length text)) at)))
    (flet ((whole (least most)
             (loop for count from (min most digits) downto least
                   collect (cons (+ at count) (parse-integer text :start at :end (+ at count))))))
      (ecase code
        (#\Y (whole 4 4))
        ((#\y #\M #\S) (whole 2 2))
        ((#\m #\d #\H #\I) (whole (if tight 2 1) 2))
        (#\f (loop for (end) in (whole 1 9)
                   collect (cons end (parse-integer (subseq (format nil "~a000000" (subseq text at end)) 0 6)))))
        ((#\b #\B) (month-values text at))
        (#\p (and (<= (+ at 2) (length text)) (find (char text at) "AaPp") (char-equal (char text (1+ at)) #\m)
                  (list (cons (+ at 2) (if (char-equal (char text at) #\p) 12 0)))))
        (#\z (zone-values text at))))))

(defun month-values (text at)
  (loop for month in *months*
        for number from 1
        append (loop for name in (list month (subseq month 0 3))
                     for end = (+ at (length name))
                     when (and (<= end (length text)) (string-equal name text :start2 at :end2 end))
                       append (append (and (< end (length text)) (char= (char text end) #\.)
                                           (list (cons (1+ end) number)))
                                      (list (cons end number))))))

(defun zone-values (text at)
  "Seconds east of UTC; :BAD where there is no such offset."
  (append
   (loop for name in '("Z" "UTC" "GMT")
         when (starts-with name (subseq text at)) collect (cons (+ at (length name)) 0))
   (when (and (<= (+ at 3) (length text)) (find (char text at) "+-") (= (digits-end text (1+ at) (+ at 3)) (+ at 3)))
     (let ((sign (if (char= (char text at) #\-) -1 1))
           (hours (parse-integer text :start (1+ at) :end (+ at 3))))
       (flet ((offset (minutes) (if (and (<= hours 14) (< minutes 60)) (* sign (+ (* hours 3600) (* minutes 60))) :bad)))
         (append
          (loop for from in (list (+ at 4) (+ at 3))
                for end = (+ from 2)
                when (and (<= end (length text)) (= (digits-end text from end) end)
                          (or (= from (+ at 3)) (char= (char text (+ at 3)) #\:)))
                  collect (cons end (offset (parse-integer text :start from :end end))))
          (list (cons (+ at 3) (offset 0)))))))))

(defun parts-micros (parts century)
  "Microseconds since 1970; NIL where there is no such moment."
  (flet ((part (code otherwise) (getf parts code otherwise)))
    (let* ((year (or (part #\Y nil) (+ century (mod (- (part #\y 0) century) 100))))
           (month (part #\b (part #\B (part #\m 1))))
           (day (part #\d 1))
           (twelve (part #\I nil))
           (hour (if twelve (+ (mod twelve 12) (part #\p 0)) (part #\H 0)))
           (minute (part #\M 0))
           (second (part #\S 0))
           (zone (part #\z 0)))
      (when (and (<= 1 year 9999) (<= 1 month 12) (<= 1 day (month-length year month)) (< minute 60) (< second 60)
                 (or (< hour 24) (and (= hour 24) (zerop minute) (zerop second) (zerop (part #\f 0)))) ; the day's end
                 (or (null twelve) (<= 1 twelve 12)) (integerp zone))
        (+ (* 1000000 (+ (* 86400 (days-of year month day)) (* 3600 hour) (* 60 minute) second (- zone)))
           (part #\f 0))))))

;;; Days since 1970 of dates of the Gregorian calendar, and back (howardhinnant.github.io/date_algorithms.html).
(defun days-of (year month day)
  (let* ((year (if (<= month 2) (1- year) year))
         (era (floor year 400))
         (of-era (- year (* era 400)))
         (of-year (+ (floor (+ (* 153 (+ month (if (> month 2) -3 9))) 2) 5) day -1)))
    (+ (* era 146097) (* of-era 365) (floor of-era 4) (- (floor of-era 100)) of-year -719468)))

(defun month-length (year month)
  (- (if (= month 12) (days-of (1+ year) 1 1) (days-of year (1+ month) 1)) (days-of year month 1)))

(defun date-of (days)
  "Year, month and day."
  (let* ((days (+ days 719468))
         (era (floor days 146097))
         (of-era (- days (* era 146097)))
         (years (floor (- (+ of-era (floor of-era 36524)) (floor of-era 1460) (floor of-era 146096)) 365))
         (of-year (- of-era (- (+ (* 365 years) (floor years 4)) (floor years 100))))
         (shifted (floor (+ (* 5 of-year) 2) 153))
         (month (+ shifted (if (< shifted 10) 3 -9))))
    (values (+ years (* era 400) (if (<= month 2) 1 0)) month (1+ (- of-year (floor (+ (* 153 shifted) 2) 5))))))
