/// Rows of text in columns that are as wide as their widest cell.
struct TextTable: CustomStringConvertible {
    private let rows: [[String]]

    init(_ heading: [String], _ rows: [[String]]) {
        self.rows = [heading] + rows
    }

    var description: String {
        let widths = (rows.first ?? []).indices.map { column in
            rows.map { $0[column].count }.max() ?? 0
        }
        return rows.map { row in
            let cells = zip(row, widths).map { cell, width in
                cell + String(repeating: " ", count: width - cell.count)
            }
            let line = cells.joined(separator: "  ")
            return String(line.reversed().drop { $0 == " " }.reversed()) + "\n"
        }.joined()
    }
}
