/// The token that MLflow's own client takes from the environment; absent where there is none.
package func trackingToken() -> String? { try? SecretSources.read("MLFLOW_TRACKING_TOKEN").value }
