// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.transaction;

import io.zkflink.client.ZNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/**
 * What a marker znode says of the transactions of its writer: in the first line the number of the last one that was
 * committed, and, behind a colon, how many rows of the next one are written if that does not fit into one request; then
 * the removals that were left out because their znodes had children, each with the number of its transaction.
 *
 * @param rows of the transaction after {@code number}
 * @param version of its znode
 * @param leftOut the number of the transaction by path
 */
record Marker(long number, int rows, int version, Map<String, Long> leftOut) {

    Marker {
        leftOut = Map.copyOf(leftOut);
    }

    /** The marker of a writer when it is created: before the first of its transactions that anybody knows. */
    static Marker before(long number) {
        return new Marker(number - 1, 0, 0, Map.of());
    }

    static Marker of(ZNode znode) throws IOException {
        // No path has a line break.
        String[] lines = new String(znode.data(), StandardCharsets.UTF_8).split("\n", -1);
        try {
            int colon = lines[0].indexOf(':');
            long number = Long.parseLong(colon < 0 ? lines[0] : lines[0].substring(0, colon));
            int rows = colon < 0 ? 0 : Integer.parseInt(lines[0].substring(colon + 1));
            Map<String, Long> leftOut = new HashMap<>();
            for (int i = 1; i < lines.length; i++) {
                int space = lines[i].indexOf(' ');
                leftOut.put(lines[i].substring(space + 1), Long.parseLong(lines[i].substring(0, space)));
            }
            return new Marker(number, rows, znode.stat().version(), leftOut);
        } catch (RuntimeException e) {
            throw new IOException(
                    "The marker '" + znode.path() + "' holds '" + lines[0]
                            + "' instead of a number: 'sink.commit-path' must"
                            + " name a znode that nobody else writes below.",
                    e);
        }
    }

    byte[] data() {
        StringBuilder text = new StringBuilder().append(number);
        if (rows > 0) {
            text.append(':').append(rows);
        }
        leftOut.forEach(
                (path, number) -> text.append('\n').append(number).append(' ').append(path));
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }
}
