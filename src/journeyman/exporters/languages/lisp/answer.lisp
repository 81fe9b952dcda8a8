;;;; Answers a file of rows: sbcl --script answer.lisp rows.csv answers.csv

(load (merge-pathnames "load.lisp" *load-truename*))

(handler-case
    (destructuring-bind (rows answers) (rest sb-ext:*posix-argv*)
      (PACKAGE:predict-file (PACKAGE:load-model (merge-pathnames "plan.txt" *load-truename*)) rows answers))
  (error (problem)
    (format *error-output* "~a~%" problem)
    (sb-ext:exit :code 1)))
