import Events
import Foundation
import Plans

/// A plan of one step, as the store would read it.
///
/// - Parameter channels: whom it tells, as JSON.
func samplePlan(
    _ commit: ObjectID, environment: String = "prod", models: [String] = [], channels: String = "[]"
) throws -> Plan {
    let registry = models.first.map { #""model":"\#($0)","models":\#(models),"# } ?? ""
    return try JSONDecoder().decode(
        Plan.self,
        from: Data(
            """
            {"project":"clinic","pipeline":"p","environment":"\(environment)","branch":"main","commit":"\(commit)","tree":"\(commit)",
             "trigger":{"push":{}},"configuration":"{}","configurationDigest":"d","notes":[],
             "settings":{"env":{},"registry":{\(registry)"server":{"embedded":{}}},"sandbox":"off","notify":\(channels)},"concurrency":{"supersede":"none"},
             "steps":[{"name":"a","needs":[],"action":{"run":{"command":"true"}},"inputs":[],"data":[],"outputs":[],"env":{},
                       "compute":{"timeout":10},"retriesWhenLost":1}]}
            """.utf8))
}
