;;;; Answers the rows of selftest.csv: scores have the same bits, predictions differ by a few units in the last place.
;;;; sbcl --script selftest.lisp

(load (merge-pathnames "load.lisp" *load-truename*))
(in-package :PACKAGE)

(defun largest (numbers) (reduce #'max (remove-if-not #'finite-p numbers) :initial-value 0d0))

(without-float-traps
  (let* ((model (load-model (merge-pathnames "plan.txt" *load-truename*)))
         (path (merge-pathnames "selftest.csv" *load-truename*))
         (table (read-table path))
         (predictions (predict-table model table path))
         (header (first table))
         (bad-scores 0)
         (worst 0d0)
         (greatest 1d0))
    (flet ((wanted (row word k)
             (word-number (nth (position (format nil "~a ~d" word k) header :test #'string=) row)))
           (same (a b) (or (= a b) (and (nan-p a) (nan-p b)))))
      (loop for row in (rest table)
            for prediction in predictions
            do (loop for score across (prediction-scores prediction)
                     for k from 0
                     unless (same score (wanted row "score" k)) do (incf bad-scores))
               (loop for output across (prediction-outputs prediction)
                     for k from 0
                     for right = (wanted row "prediction" k)
                     unless (same output right) do (setf worst (largest (list worst (abs (- output right)))))
                     do (setf greatest (largest (list greatest (abs right)))))))
    (format t "~d rows, ~d scores with other bits, largest difference of a prediction ~a~%"
            (length predictions) bad-scores worst)
    (sb-ext:exit :code (if (or (plusp bad-scores) (> worst (* 1d-12 greatest))) 1 0))))
