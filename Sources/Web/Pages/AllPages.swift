extension Page {
    /// Every page. The menu has their entries in this order.
    static let all = [board, runs, run, changes, change, models, decisions, schedules]
}
