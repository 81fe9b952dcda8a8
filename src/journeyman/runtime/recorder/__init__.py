"""Recorder: run a prototype once, confined, and see what each expression gives, which rows it holds, what models do."""

from journeyman.runtime.recorder.recorded_run import record_program

__all__ = ["record_program"]
