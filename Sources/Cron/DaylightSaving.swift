/// What a schedule does when the clocks of its zone change.
///
/// An hour field that holds all 24 hours (`*`, `*/1`, `0-23`, …) makes an expression *regular*: it means "keep going",
/// not "at this hour". Every other expression *names hours*.
public enum DaylightSaving: String, Sendable, Codable, CaseIterable {
    /// Each matching wall-clock time is due exactly once. For an expression that names hours:
    /// - a skipped time is due at the first instant after the gap; several skipped times, and a matching time at the
    ///   end of the gap, are one fire;
    /// - a repeated time is due the first time only.
    ///
    /// A regular expression is due whenever the clock shows a matching time, like Vixie cron's wildcard jobs: through
    /// both passes of a repeated hour, with nothing to make up after a gap.
    case wallOnce = "wall-once"
    /// Exactly what `CronExpression.getTimeAfter` of Quartz 2.3.2 computes with Java's lenient calendar: a repeated
    /// time is due the second time only, and a skipped time is usually lost until the next day.
    ///
    /// This includes Quartz's errors with `W` at month ends. `31W` is due on Friday the 30th if the first of the next
    /// month is a Saturday and the search goes through it. A search for `L-30W` may never end, which counts as never due.
    /// The other modes treat `W` as documented.
    ///
    /// Quartz 2.5 differs: 2.5.0 skips some days of `W`, and 2.5.2 enters them at the time of day at which its search
    /// started. Results also differ where this machine's zone data differs from that of a Java runtime.
    case quartz
    /// The expression is read in the zone's standard time all year. The interval between two fires never changes; in
    /// summer they are an hour later on the wall clock.
    case elapsed
}
