;;;; Loads the sources without ASDF: (load "load.lisp").

(dolist (name '("package" "numbers" "cells" "steps" "texts" "models" "plan"))
  (handler-bind ((warning #'muffle-warning))
    (let ((*error-output* (make-broadcast-stream)))
      (load (merge-pathnames (format nil "src/~a.lisp" name) *load-truename*)))))
