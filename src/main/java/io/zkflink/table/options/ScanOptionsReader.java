// SPDX-License-Identifier: Apache-2.0
package io.zkflink.table.options;

import io.zkflink.source.settings.BoundedMode;
import io.zkflink.source.settings.ScanMode;
import io.zkflink.source.settings.ScanSettings;
import io.zkflink.source.settings.StartupMode;
import java.time.Duration;
import org.apache.flink.annotation.Internal;
import org.apache.flink.configuration.ReadableConfig;

/** Reads the options that say how to scan. */
@Internal
public final class ScanOptionsReader {

    private final ReadableConfig options;
    private final OptionsReader reader;

    ScanOptionsReader(ReadableConfig options, OptionsReader reader) {
        this.options = options;
        this.reader = reader;
    }

    /**
     * How to scan.
     *
     * @param standard the mode where none is set
     */
    public ScanSettings settings(boolean hasPrimaryKey, ScanMode standard) {
        ScanMode mode =
                options.getOptional(ZooKeeperOptions.SCAN_CHANGELOG_MODE).orElse(standard);
        boolean batch = reader.isBatch();
        BoundedMode bounded = options.getOptional(ZooKeeperOptions.SCAN_BOUNDED_MODE)
                .orElse(batch ? BoundedMode.SNAPSHOT : BoundedMode.UNBOUNDED);
        if (batch && bounded == BoundedMode.UNBOUNDED) {
            throw reader.invalid(
                    ZooKeeperOptions.SCAN_BOUNDED_MODE,
                    "a batch job must end. Remove the option, set it to 'snapshot', or run in streaming mode with SET"
                            + " 'execution.runtime-mode' = 'streaming'.");
        }
        return reader.valid(() -> new ScanSettings(
                mode,
                options.get(ZooKeeperOptions.SCAN_STARTUP_MODE),
                bounded,
                hasPrimaryKey,
                options.getOptional(ZooKeeperOptions.SCAN_PARALLELISM).orElse(1),
                changeDetection(),
                options.get(ZooKeeperOptions.SCAN_UNREADABLE),
                ScanSettings.Pushed.NONE));
    }

    /** Of a tree as it was, for which nothing counts that says how a live one is followed. */
    public ScanSettings settingsOfPast(boolean hasPrimaryKey, ScanMode standard) {
        return new ScanSettings(
                options.getOptional(ZooKeeperOptions.SCAN_CHANGELOG_MODE).orElse(standard),
                StartupMode.INITIAL,
                BoundedMode.SNAPSHOT,
                hasPrimaryKey,
                1,
                changeDetection(),
                options.get(ZooKeeperOptions.SCAN_UNREADABLE),
                ScanSettings.Pushed.NONE);
    }

    private ScanSettings.ChangeDetection changeDetection() {
        boolean advances = options.getOptional(ZooKeeperOptions.SCAN_WATERMARK_ADVANCE_INTERVAL)
                .isPresent();
        return new ScanSettings.ChangeDetection(
                options.get(ZooKeeperOptions.SCAN_WATCH_MODE),
                options.get(ZooKeeperOptions.SCAN_POLL_INTERVAL),
                advances ? reader.positive(ZooKeeperOptions.SCAN_WATERMARK_ADVANCE_INTERVAL) : Duration.ZERO);
    }
}
