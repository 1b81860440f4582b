// SPDX-License-Identifier: Apache-2.0
package io.zkflink.source.reader;

import org.apache.flink.annotation.Internal;

/** What a reader tells of its scan, beyond Flink's own source metrics. All are numbers, in the group "zookeeper". */
@Internal
public enum ScanMetric {
    CONNECTED("connected", "1 while the session is connected, else 0."),
    RECONNECTS("reconnects", "How often the connection came back."),
    EXPIRIES("sessionExpiries", "How often the session expired."),
    WALKS("reconciles", "How often the whole subtree was read and compared."),
    LAST_WALK_MILLIS("lastReconcileDurationMs", "How long the last time took, in milliseconds."),
    EVENTS("watchEvents", "Changes that the watch reported for this reader's znodes."),
    CONFLATED("conflatedEvents", "Those of them that were covered by a read still to be made."),
    VERSIONS_SKIPPED(
            "skippedVersions", "Versions of znodes between the one read last and the next one read, which nobody saw."),
    SKIPPED(
            "skippedZNodes",
            "Znodes whose name is no canonical value of its column's type, or no contender's, each time one was met; not those that a"
                    + " filter leaves out."),
    UNREADABLE(
            "unreadableZNodes", "Znodes whose ACL denied a read (`scan.unreadable` = `skip`), each time one was met."),
    LAST_ZXID("lastZxid", "The highest zxid seen.");

    private final String key;
    private final String description;

    ScanMetric(String key, String description) {
        this.key = key;
        this.description = description;
    }

    public String key() {
        return key;
    }

    /** For the docs, in Markdown. */
    public String description() {
        return description;
    }
}
