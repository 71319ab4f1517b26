"""Kinds of workflows, results of stages, and the stages and states of statuses."""

from omicsdk.crunch.statuses import RunResult, Stage, State, WorkflowType

__all__ = ["RunResult", "Stage", "State", "WorkflowType"]
