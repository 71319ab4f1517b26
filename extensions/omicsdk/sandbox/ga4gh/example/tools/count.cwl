cwlVersion: v1.2
class: CommandLineTool
baseCommand: [wc, -l]
inputs:
  reads: {type: File, inputBinding: {}}
outputs:
  count: int
