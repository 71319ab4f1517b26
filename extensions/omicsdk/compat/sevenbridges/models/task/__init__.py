"""Tasks: `Task`, how they are found and run, and what goes into them and comes out."""

from omicsdk.compat.sevenbridges.models.task.resource import Task as Task
from omicsdk.compat.sevenbridges.models.task.resource import TaskBulkRecord as TaskBulkRecord
