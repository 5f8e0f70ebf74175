extension RecordClass {
    /// Stands in for the third class until `RecordClass` has the case `shared = 2`.
    package static let shared = RecordClass.reliable
}
