/// How much of a head is accepted before the peer is refused.
package struct HeadLimits: Equatable, Sendable {
    /// Bytes of a whole head, its last empty line included; more is `headTooLong` (431).
    package let headBytes: Int
    /// Bytes of a request target; more is `targetTooLong` (414).
    package let targetBytes: Int
    /// Header fields; more is `tooManyFields` (431).
    package let fields: Int

    /// Numbers outside what a parser can hold are clamped: heads to 64...65,535 bytes, targets to
    /// 1...65,535 bytes, fields to 1...128.
    package init(headBytes: Int = 16_384, targetBytes: Int = 8_190, fields: Int = 128) {
        self.headBytes = min(max(headBytes, 64), Int(UInt16.max))
        self.targetBytes = min(max(targetBytes, 1), Int(UInt16.max))
        self.fields = min(max(fields, 1), HeaderFields.countMax)
    }
}
