"""Recorder: run a prototype once, confined, and see what each expression gives, which rows it holds, what models do."""

from journeyman.runtime.recorder.record_program import record_program

__all__ = ["record_program"]
