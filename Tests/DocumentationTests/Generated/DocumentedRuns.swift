// swift-format-ignore-file
// bash Scripts/documentation-code.sh writes this file.

let documentedRuns = [readme_runs, addingAnOp_runs, comingFromTensorFlow_runs, firstGraph_runs, howARunWorks_runs, jacquard_runs, loops_runs, performance_runs, jacquardArrays_runs, jacquardData_runs, jacquardNN_runs, writingACell_runs, jacquardSummaries_runs].flatMap { $0 }
