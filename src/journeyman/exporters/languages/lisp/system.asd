(defsystem "PACKAGE"
  :description "Predicts SUBJECT"
  :version "VERSION.0.0"
  :serial t
  :components ((:file "src/package") (:file "src/numbers") (:file "src/cells") (:file "src/steps") (:file "src/texts")
               (:file "src/models") (:file "src/plan")))
