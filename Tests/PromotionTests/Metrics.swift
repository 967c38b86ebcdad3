@testable import Promotion

extension Metric {
    static let rocAUC = named("roc_auc"), averagePrecision = named("average_precision"), brier = named("brier")
    static let logLoss = named("log_loss"), accuracy = named("accuracy"), f1 = named("f1"), ece = named("ece")
    static let rmse = named("rmse"), mae = named("mae"), r2 = named("r2")

    static func named(_ name: String) -> Metric {
        guard let metric = Metric(rawValue: name) else { preconditionFailure("there is no metric '\(name)'") }
        return metric
    }

    /// The metrics that improve as the classes, or the values, are separated better.
    static let discriminating = allCases.filter { $0.rawValue != "ece" }
}
