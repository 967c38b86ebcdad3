/// What a schedule does on the days when the clocks of its zone are moved.
///
/// An hour field that holds all 24 hours (`*`, `*/1`, `0-23`, …) makes an expression *regular*: it means "keep going",
/// not "at this hour". Every other expression *names hours*.
public enum DaylightSaving: String, Sendable, Codable, CaseIterable {
    /// Each matching wall-clock time is due exactly once. For an expression that names hours:
    /// - a time that the clock skips is due at the first instant after the gap; several skipped times, and a matching
    ///   time at the end of the gap, are one firing;
    /// - a time that the clock shows twice is due at its first showing only.
    ///
    /// A regular expression follows the clock as it runs, as Vixie cron's wildcard jobs do: due whenever the clock
    /// shows a matching time, so in both showings of a repeated hour, with nothing to make up after a gap.
    case wallOnce = "wall-once"
    /// As `CronExpression.getTimeAfter` of Quartz 2.3.2 computes with Java's lenient calendar: a repeated hour is due at
    /// its second showing only, a skipped time is usually lost until the next day.
    ///
    /// So it is with the days of `W`, where Quartz errs at the ends of months: `31W` is due on Friday the 30th when the
    /// first of the next month is a Saturday and the search comes by there, and a search for `L-30W` may never end, which
    /// is taken for never due. The other modes have `W` as it is documented. Quartz 2.5 differs: 2.5.0 passes over some
    /// days of `W`, and 2.5.2 enters them at the time of day at which it started. Where the zone data of this machine and
    /// of a Java runtime differ, so do the answers.
    case quartz
    /// The expression is read in the zone's standard time all year: the interval between two firings never changes,
    /// and in summer they appear an hour later on the wall.
    case elapsed
}
