/// The token that MLflow's own client reads from the environment; `nil` if there is none.
package func trackingToken() -> String? { try? SecretSources.read("MLFLOW_TRACKING_TOKEN").value }
