cwlVersion: v1.2
class: Workflow
inputs:
  reads: File
outputs:
  count:
    type: int
    outputSource: count/count
steps:
  count:
    run: tools/count.cwl
    in: {reads: reads}
    out: [count]
