"""Spark, where one machine is outgrown. Nobody else imports PySpark, nor asks Ibis for it."""
