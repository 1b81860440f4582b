// SPDX-License-Identifier: Apache-2.0
package io.zkflink.source.settings;

import io.zkflink.client.Content;
import io.zkflink.client.settings.InvalidSettingException;
import io.zkflink.subtree.FeedSettings;
import java.io.Serializable;
import java.time.Duration;
import org.apache.flink.annotation.Internal;

/**
 * How to scan.
 *
 * @param hasPrimaryKey whether rows have an identity, so that the row that takes one back need not equal it
 * @param parallelism how many readers share the tree; more than the job has are not used
 * @param changeDetection how changes are noticed
 * @param unreadable what to do with znodes that may not be read
 * @param pushed what the planner has asked for
 */
@Internal
public record ScanSettings(
        ScanMode mode,
        StartupMode startup,
        BoundedMode bounded,
        boolean hasPrimaryKey,
        int parallelism,
        ChangeDetection changeDetection,
        UnreadablePolicy unreadable,
        Pushed pushed)
        implements Serializable {

    /**
     * How changes are noticed, or that there are none.
     *
     * @param pollInterval between two reads of the subtree where it is polled
     * @param proofInterval how often to prove that none was missed, to move the watermark on; zero for never
     */
    public record ChangeDetection(WatchMode watchMode, Duration pollInterval, Duration proofInterval)
            implements Serializable {

        /**
         * @throws InvalidSettingException if a value breaks a rule
         */
        public ChangeDetection {
            InvalidSettingException.checkDuration("scan.poll-interval", pollInterval);
        }
    }

    /**
     * What a query spares the source, or asks of it.
     *
     * @param limit how many rows a bounded scan needs to give
     * @param content what it reads of each znode
     * @param sourceWatermarks whether the source tells how far event time has come
     */
    public record Pushed(long limit, Content content, boolean sourceWatermarks) implements Serializable {
        public static final Pushed NONE = new Pushed(Long.MAX_VALUE, Content.DATA, false);
    }

    /**
     * @throws InvalidSettingException if a value breaks a rule
     */
    public ScanSettings {
        if (bounded == BoundedMode.SNAPSHOT && startup == StartupMode.LATEST_OFFSET) {
            throw new InvalidSettingException(
                    "scan.startup.mode",
                    startup,
                    "a scan that ends with the snapshot ('scan.bounded.mode' = 'snapshot', the default in batch mode) has"
                            + " no changes to tell. Use 'initial', or an unbounded scan.");
        }
        InvalidSettingException.checkAtLeast(1, "scan.parallelism", parallelism);
    }

    public boolean isBounded() {
        return bounded == BoundedMode.SNAPSHOT;
    }

    public ScanSettings limit(long limit) {
        return pushed(new Pushed(limit, pushed.content(), pushed.sourceWatermarks()));
    }

    /** A log of events tells a change of data even to those who read only keys. */
    public ScanSettings content(Content content) {
        boolean isLog = mode == ScanMode.APPEND && !isBounded();
        Content least = isLog && content == Content.KEYS ? Content.STAT : content;
        return pushed(new Pushed(pushed.limit(), least, pushed.sourceWatermarks()));
    }

    public ScanSettings sourceWatermarks() {
        return pushed(new Pushed(pushed.limit(), pushed.content(), true));
    }

    private ScanSettings pushed(Pushed changed) {
        return new ScanSettings(
                mode, startup, bounded, hasPrimaryKey, parallelism, changeDetection, unreadable, changed);
    }

    /** Whether rows before a change are told, and so must be kept. */
    public boolean needsBeforeImages() {
        return mode == ScanMode.ALL && !isBounded();
    }

    /** Only a read of the data is sure to say whether a znode may be read. */
    private Content content() {
        return unreadable == UnreadablePolicy.SKIP && pushed.content() == Content.STAT
                ? Content.DATA
                : pushed.content();
    }

    public FeedSettings feed() {
        return new FeedSettings(
                // What is read once needs no changes: an event would only read a znode twice.
                !isBounded() && changeDetection.watchMode() != WatchMode.POLL,
                isBounded() || changeDetection.watchMode() != WatchMode.RECURSIVE,
                changeDetection.pollInterval(),
                content(),
                changeDetection.proofInterval(),
                unreadable == UnreadablePolicy.SKIP);
    }
}
