"""Kinds of workflows, how a stage ended, and the stages and states that statuses have."""

from omicsdk.crunch.statuses import RunResult, Stage, State, WorkflowType

__all__ = ["RunResult", "Stage", "State", "WorkflowType"]
