/// Values of scikit-learn 1.9.1 (`roc_auc_score`, `average_precision_score`, `brier_score_loss`, `log_loss`,
/// `accuracy_score` and `f1_score` of p > T, `calibration_curve` weighed by its bins, `root_mean_squared_error`,
/// `mean_absolute_error`, `r2_score`) on small tables.
@testable import Promotion

struct MetricCase: Sendable, CustomStringConvertible {
    let description: String
    let labels: [Double]
    let scores: [Double]
    var weights: [Double]?
    let expected: [Metric: Double]
}

private let mixed: [Double] = [0, 0, 1, 1, 0, 1, 0, 1, 0, 1]
private let tied = [0.5, 0.5, 0.5, 0.8, 0.2, 0.8, 0.8, 0.9, 0.2, 0.2]
private let truth = [3, -0.5, 2, 7, 4.25]
private let predicted = [2.5, 0, 2, 8, -1.75]

let metricCases = [
    MetricCase(
        description: "distinct scores", labels: mixed, scores: [0.1, 0.4, 0.35, 0.8, 0.2, 0.7, 0.6, 0.9, 0.55, 0.45],
        expected: [
            .rocAUC: 0.8, .averagePrecision: 0.8583333333333332, .brier: 0.17375000000000002,
            .logLoss: 0.5087636950457172, .accuracy: 0.6, .rmse: 0.4168333000133267, .mae: 0.36499999999999994,
            .f1: 0.6, .named("f1@0.3"): 0.7692307692307693, .named("accuracy@0.3"): 0.7, .ece: 0.28500000000000003,
            .named("ece@3"): 0.125, .r2: 0.30499999999999994,
            .named("precision@4"): 0.75, .named("precision@0.4"): 0.75, .named("recall@4"): 0.6,
            .named("recall@0.4"): 0.6,
        ]),
    MetricCase(
        description: "ties across classes", labels: mixed, scores: tied,
        expected: [
            .rocAUC: 0.7200000000000002, .averagePrecision: 0.7142857142857142, .brier: 0.22000000000000003,
            .logLoss: 0.6296252087462701, .accuracy: 0.7, .rmse: 0.469041575982343, .mae: 0.4,
            .f1: 0.6666666666666666, .named("f1@0.3"): 0.6666666666666666, .named("accuracy@0.3"): 0.6,
            .ece: 0.14000000000000004, .named("ece@3"): 0.12000000000000002, .r2: 0.11999999999999988,
            // One certain, and two of three with one score, of which two are positive.
            .named("precision@3"): 0.7777777777777778, .named("recall@3"): 0.4666666666666667,
            .named("precision@1000"): 0.5, .named("recall@1000"): 1,
        ]),
    MetricCase(
        description: "ties, weights, one of them zero", labels: mixed, scores: tied,
        weights: [1, 2, 0.5, 3, 0, 1.5, 0.25, 1, 4, 2],
        expected: [
            .rocAUC: 0.7941810344827587, .averagePrecision: 0.8347315597850167, .brier: 0.17475409836065575,
            .logLoss: 0.5278249925747636, .accuracy: 0.819672131147541, .rmse: 0.418036001273402,
            .mae: 0.3508196721311475,
            .f1: 0.8, .named("f1@0.3"): 0.6956521739130435, .named("accuracy@0.3"): 0.6557377049180327,
            .ece: 0.18688524590163932, .named("ece@3"): 0.18688524590163932, .r2: 0.29928879310344825,
        ]),
    MetricCase(
        description: "one score for all", labels: mixed, scores: [Double](repeating: 0.3, count: 10),
        expected: [
            .rocAUC: 0.5, .averagePrecision: 0.5, .brier: 0.2899999999999999, .logLoss: 0.7803238741323343,
            .accuracy: 0.5, .rmse: 0.5385164807134504, .mae: 0.5,
        ]),
    MetricCase(
        description: "one positive of twenty", labels: [Double](repeating: 0, count: 19) + [1],
        scores: [
            0.01, 0.037, 0.064, 0.092, 0.119, 0.146, 0.173, 0.201, 0.228, 0.255, 0.282, 0.309, 0.337, 0.364, 0.391,
            0.418, 0.446, 0.473, 0.5, 0.4,
        ],
        expected: [
            .rocAUC: 0.7894736842105263, .averagePrecision: 0.2, .brier: 0.10090825, .logLoss: 0.3452327299058005,
            .accuracy: 0.95, .rmse: 0.31766058930877783, .mae: 0.27225,
            .named("f1@0.39"): 0.2857142857142857, .ece: 0.21225,
        ]),
    MetricCase(
        description: "one negative of twenty, weighted", labels: [Double](repeating: 1, count: 19) + [0],
        scores: [
            0.01, 0.064, 0.119, 0.173, 0.228, 0.282, 0.337, 0.391, 0.446, 0.5, 0.554, 0.609, 0.663, 0.718, 0.772,
            0.827, 0.881, 0.936, 0.99, 0.5,
        ],
        weights: [
            0.05, 0.15, 0.25, 0.35, 0.05, 0.15, 0.25, 0.35, 0.05, 0.15, 0.25, 0.35, 0.05, 0.15, 0.25, 0.35, 0.05,
            0.15, 0.25, 0.35,
        ],
        expected: [
            .rocAUC: 0.5273972602739727, .averagePrecision: 0.9450194171614054, .brier: 0.31166799999999995,
            .logLoss: 0.8953871950930947, .accuracy: 0.5499999999999999, .rmse: 0.5582723349763984, .mae: 0.4864,
        ]),
    MetricCase(
        description: "certainties, right and wrong", labels: [0, 1, 1, 0, 1], scores: [0, 1, 0, 1, 0.5],
        expected: [
            .rocAUC: 0.5, .averagePrecision: 0.5888888888888889, .brier: 0.45, .logLoss: 14.556090791758852,
            .accuracy: 0.4, .rmse: 0.6708203932499369, .mae: 0.5,
        ]),
    MetricCase(
        description: "scores that are no probabilities", labels: [0, 1, 1, 0, 1, 0], scores: [-3, 2.5, -1, 7, 7, -3],
        expected: [
            .rocAUC: 0.7222222222222223, .averagePrecision: 0.6388888888888888, .rmse: 4.267122371497369, .mae: 3.75,
        ]),
    MetricCase(
        description: "regression", labels: truth, scores: predicted, expected: [.rmse: 2.7386127875258306, .mae: 1.6]),
    MetricCase(
        description: "regression, weighted", labels: truth, scores: predicted, weights: [1, 0.5, 0, 2, 3],
        expected: [.rmse: 4.120772892403709, .mae: 3.1923076923076925]),
]
