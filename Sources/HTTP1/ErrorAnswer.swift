/// Skein's own answers to requests that it does not, or cannot, pass on.
extension ByteWriter {
    /// Writes a whole response with a body of one line of text, such as
    /// `503 Service Unavailable: no backend is up`.
    ///
    /// `detail` comes from Skein, never from a peer. `close` announces that the connection ends
    /// behind it. An answer to HEAD has the same head and `omitsBody`.
    package mutating func writeError(
        status: Int, detail: StaticString, close: Bool, omitsBody: Bool = false
    ) {
        let reason = Self.reason(of: status)
        let code = UInt64(min(max(status, 100), 999))
        append("HTTP/1.1 ")
        appendDecimal(code)
        append(UInt8.space)
        append(reason)
        append("\r\nContent-Type: text/plain\r\nContent-Length: ")
        // Three digits, a space, the reason, a colon and a space, the detail, a line feed.
        appendDecimal(UInt64(7 + reason.utf8CodeUnitCount + detail.utf8CodeUnitCount))
        append(close ? "\r\nConnection: close\r\n\r\n" : "\r\n\r\n")
        guard !omitsBody else { return }
        appendDecimal(code)
        append(UInt8.space)
        append(reason)
        append(": ")
        append(detail)
        append(UInt8.lineFeed)
    }

    /// The phrase of RFC 9110 section 15 for the statuses that a balancer gives.
    private static func reason(of status: Int) -> StaticString {
        switch status {
        case 400: "Bad Request"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 408: "Request Timeout"
        case 413: "Content Too Large"
        case 414: "URI Too Long"
        case 417: "Expectation Failed"
        case 421: "Misdirected Request"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        case 505: "HTTP Version Not Supported"
        default: "Error"
        }
    }
}
