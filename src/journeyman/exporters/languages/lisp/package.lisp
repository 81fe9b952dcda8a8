(defpackage :PACKAGE
  (:use :common-lisp)
  (:export #:load-model #:predict #:predict-file #:model #:model-name #:model-version #:model-task #:model-target
           #:model-column-names #:model-labels
           #:prediction #:prediction-label #:prediction-outputs #:prediction-low #:prediction-high #:prediction-scores
           #:plan-error))
