import Events
import Foundation
import Plans

/// A plan of one step, as the store would read it.
///
/// - Parameter channels: its channels, as JSON.
func samplePlan(
    _ commit: ObjectID, pipeline: String = "p", environment: String = "prod", trigger: Trigger = .push,
    models: [String] = [], channels: String = "[]"
) throws -> Plan {
    let trigger = String(decoding: try JSONEncoder().encode(trigger), as: UTF8.self)
    let registry = models.first.map { #""model":"\#($0)","models":\#(models),"# } ?? ""
    return try JSONDecoder().decode(
        Plan.self,
        from: Data(
            """
            {"project":"clinic","pipeline":"\(pipeline)","environment":"\(environment)","branch":"main","commit":"\(commit)","tree":"\(commit)",
             "trigger":\(trigger),"configuration":"{}","configurationDigest":"d","notes":[],
             "settings":{"env":{},"registry":{\(registry)"server":{"embedded":{}}},"sandbox":"off","notify":\(channels)},"concurrency":{"supersede":"none"},
             "steps":[{"name":"a","needs":[],"action":{"run":{"command":"true"}},"inputs":[],"data":[],"outputs":[],"env":{},
                       "compute":{"timeout":10},"retriesWhenLost":1}]}
            """.utf8))
}
