// SPDX-License-Identifier: Apache-2.0
package io.zkflink.table.options;

import java.time.Duration;
import java.util.List;
import org.apache.flink.annotation.PublicEvolving;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;

/**
 * The options of {@code 'connector' = 'zookeeper-log'}. {@link #ALL} is the one list that factory, docs and tests go
 * by.
 */
@PublicEvolving
public final class LogOptions {

    /** The name of the connector. */
    public static final String IDENTIFIER = "zookeeper-log";

    /** Where a scan without state begins. */
    public enum StartupMode {
        EARLIEST_OFFSET("earliest-offset"),
        LATEST_OFFSET("latest-offset"),
        TIMESTAMP("timestamp"),
        SPECIFIC_OFFSET("specific-offset");

        private final String value;

        StartupMode(String value) {
            this.value = value;
        }

        @Override
        public String toString() {
            return value;
        }
    }

    /** When a scan ends. */
    public enum BoundedMode {
        UNBOUNDED("unbounded"),
        LATEST("latest");

        private final String value;

        BoundedMode(String value) {
            this.value = value;
        }

        @Override
        public String toString() {
            return value;
        }
    }

    /** What to do where transactions are missing. */
    public enum OnGap {
        FAIL("fail"),
        SKIP("skip");

        private final String value;

        OnGap(String value) {
            this.value = value;
        }

        @Override
        public String toString() {
            return value;
        }
    }

    public static final ConfigOption<String> PATHS = ConfigOptions.key("log.path")
            .stringType()
            .noDefaultValue()
            .withDescription(
                    "The folders with the servers' files `log.*` and `snapshot.*` in any file system of Flink's,"
                            + " separated by `;`: those of all servers of the ensemble, or of one.");

    public static final ConfigOption<String> PATH = ConfigOptions.key("path")
            .stringType()
            .noDefaultValue()
            .withDescription(
                    "The path template, as of a table of znodes, without chroot. Without it every change is a row"
                            + " of the columns `path STRING` and `data BYTES`.");

    public static final ConfigOption<StartupMode> STARTUP_MODE = ConfigOptions.key("scan.startup.mode")
            .enumType(StartupMode.class)
            .defaultValue(StartupMode.EARLIEST_OFFSET)
            .withDescription("Where to begin: `earliest-offset`: the first transaction that is there; `latest-offset`:"
                    + " behind the last one; `timestamp`, `specific-offset`: the first one not before that.");

    public static final ConfigOption<Long> STARTUP_TIMESTAMP = ConfigOptions.key("scan.startup.timestamp-millis")
            .longType()
            .noDefaultValue()
            .withDescription("With `timestamp`: milliseconds since the epoch.");

    public static final ConfigOption<String> STARTUP_ZXID = ConfigOptions.key("scan.startup.specific-offset.zxid")
            .stringType()
            .noDefaultValue()
            .withDescription("With `specific-offset`: a zxid, decimal or `0x...`.");

    public static final ConfigOption<BoundedMode> BOUNDED_MODE = ConfigOptions.key("scan.bounded.mode")
            .enumType(BoundedMode.class)
            .noDefaultValue()
            .withDescription("`unbounded`: go on with what the servers write; `latest`: end with what is there. The"
                    + " default is `unbounded`, in batch mode `latest`.");

    public static final ConfigOption<Duration> POLL_INTERVAL = ConfigOptions.key("log.poll-interval")
            .durationType()
            .defaultValue(Duration.ofSeconds(1))
            .withDescription("How often to look for new transactions.");

    public static final ConfigOption<OnGap> ON_GAP = ConfigOptions.key("log.on-gap")
            .enumType(OnGap.class)
            .defaultValue(OnGap.FAIL)
            .withDescription("What to do where transactions are missing: `fail`, or `skip` them, which is logged.");

    public static final List<ConfigOption<?>> ALL = List.of(
            PATHS,
            PATH,
            ZooKeeperOptions.PATH_ENCODING,
            ZooKeeperOptions.FORMAT,
            ZooKeeperOptions.PAYLOAD_COMPRESSION,
            ZooKeeperOptions.PAYLOAD_MAX_INFLATED_SIZE,
            ZooKeeperOptions.SCAN_PARSE_ERRORS,
            STARTUP_MODE,
            STARTUP_TIMESTAMP,
            STARTUP_ZXID,
            BOUNDED_MODE,
            POLL_INTERVAL,
            ON_GAP);

    private LogOptions() {}
}
