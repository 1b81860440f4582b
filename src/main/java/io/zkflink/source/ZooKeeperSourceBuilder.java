// SPDX-License-Identifier: Apache-2.0
package io.zkflink.source;

import io.zkflink.client.ConnectionSettings;
import io.zkflink.client.Content;
import io.zkflink.client.settings.InvalidSettingException;
import io.zkflink.path.PathEncoding;
import io.zkflink.path.PathTemplate;
import io.zkflink.path.SegmentType;
import io.zkflink.row.payload.PayloadCompression;
import io.zkflink.source.settings.BoundedMode;
import io.zkflink.source.settings.ScanMode;
import io.zkflink.source.settings.ScanSettings;
import io.zkflink.source.settings.StartupMode;
import io.zkflink.source.settings.UnreadablePolicy;
import io.zkflink.source.settings.WatchMode;
import java.time.Duration;
import org.apache.flink.annotation.PublicEvolving;

/**
 * Builds a {@link ZooKeeperSource}. Only {@link #setConnectString} (or {@link #setConnection}) and {@link #setPath}
 * must be called. Wrong settings are refused with an {@link IllegalArgumentException} that names the SQL option of the
 * same meaning, the value, the rule and the way out; nothing connects before the job runs.
 *
 * @param <T> the type of the records
 */
@PublicEvolving
public final class ZooKeeperSourceBuilder<T> {

    /** A place below the server's root, where no name is reserved. */
    private static final String ANYWHERE = "/anywhere";

    private final ZNodeDeserializationSchema<T> deserializer;
    private ConnectionSettings connection;
    private String path;
    private StartupMode startup = StartupMode.INITIAL;
    private BoundedMode bounded = BoundedMode.UNBOUNDED;
    private WatchMode watchMode = WatchMode.AUTO;
    private Duration pollInterval = Duration.ofSeconds(30);
    private Duration proofInterval = Duration.ZERO;
    private boolean sourceWatermarks;
    private boolean keysOnly;
    private UnreadablePolicy unreadable = UnreadablePolicy.FAIL;
    private PayloadCompression compression = PayloadCompression.NONE;
    private int parallelism = Integer.MAX_VALUE;

    ZooKeeperSourceBuilder(ZNodeDeserializationSchema<T> deserializer) {
        this.deserializer = deserializer;
    }

    /**
     * The servers, and defaults for all else that concerns the connection.
     *
     * @param connectString {@code host:port[,host:port]...[/chroot]}
     */
    public ZooKeeperSourceBuilder<T> setConnectString(String connectString) {
        return setConnection(ConnectionSettings.of(connectString));
    }

    /** How to connect; sources and sinks with equal settings share a session in a process. */
    public ZooKeeperSourceBuilder<T> setConnection(ConnectionSettings connection) {
        this.connection = connection;
        return this;
    }

    /**
     * Which znodes: each segment is a name, or <code>{any}</code>, which stands for one segment, or
     * <code>{*rest}</code> in last place, which stands for one or more. What is in the braces is for the reader.
     */
    public ZooKeeperSourceBuilder<T> setPath(String path) {
        // Which place of the server it names is not known before the connection is.
        template(ANYWHERE, path);
        this.path = path;
        return this;
    }

    private static PathTemplate template(String base, String path) {
        try {
            return PathTemplate.parse(base, path, PathEncoding.NONE, name -> SegmentType.STRING);
        } catch (IllegalArgumentException e) {
            throw new InvalidSettingException("path", path, e.getMessage() + ".");
        }
    }

    /** Makes records of another type than {@link ZNodeChange}. */
    public <R> ZooKeeperSourceBuilder<R> setDeserializer(ZNodeDeserializationSchema<R> deserializer) {
        ZooKeeperSourceBuilder<R> builder = new ZooKeeperSourceBuilder<>(deserializer);
        builder.connection = connection;
        builder.path = path;
        builder.startup = startup;
        builder.bounded = bounded;
        builder.watchMode = watchMode;
        builder.pollInterval = pollInterval;
        builder.proofInterval = proofInterval;
        builder.sourceWatermarks = sourceWatermarks;
        builder.keysOnly = keysOnly;
        builder.unreadable = unreadable;
        builder.compression = compression;
        builder.parallelism = parallelism;
        return builder;
    }

    /** What to tell first; {@link StartupMode#INITIAL}, all znodes that there are, unless set. */
    public ZooKeeperSourceBuilder<T> setStartupMode(StartupMode startup) {
        this.startup = startup;
        return this;
    }

    /** When to end; {@link BoundedMode#UNBOUNDED}, never, unless set. */
    public ZooKeeperSourceBuilder<T> setBoundedMode(BoundedMode bounded) {
        this.bounded = bounded;
        return this;
    }

    /** How to notice changes; {@link WatchMode#AUTO} unless set. */
    public ZooKeeperSourceBuilder<T> setWatchMode(WatchMode watchMode) {
        this.watchMode = watchMode;
        return this;
    }

    /** How long to wait between two reads of the subtree where it is polled; 30 s unless set. */
    public ZooKeeperSourceBuilder<T> setPollInterval(Duration pollInterval) {
        this.pollInterval = pollInterval;
        return this;
    }

    /**
     * Has the source tell how far event time, the {@code mtime} of znodes, has come: give
     * {@code WatermarkStrategy.noWatermarks()} to {@code fromSource}. The watermark follows what is read, and is not
     * early, since a reader that has caught up knows that whatever comes is newer. Not told unless set. (Of strategies
     * of your own, idleness and alignment work as with any source.)
     */
    public ZooKeeperSourceBuilder<T> setSourceWatermarks() {
        this.sourceWatermarks = true;
        return this;
    }

    /**
     * Moves the watermark on while nothing changes: at this interval a {@code sync} proves that nothing was missed, and
     * the watermark becomes the time of the proof minus the interval. Servers and readers whose clocks differ by more
     * need a longer one. Not done unless set.
     */
    public ZooKeeperSourceBuilder<T> setWatermarkAdvanceInterval(Duration interval) {
        InvalidSettingException.checkDuration("scan.watermark.advance-interval", interval);
        this.proofInterval = interval;
        return this;
    }

    /**
     * Reads no znodes, only lists of children, and tells which znodes come and go: {@code CREATED} and {@code DELETED},
     * with neither data nor Stat, and 0 as the time of those that were never deleted. One that is deleted and created
     * again before that is noticed is not told. Where this is no longer set in a job that is restored, all znodes that
     * it knows are told as deleted and created again.
     */
    public ZooKeeperSourceBuilder<T> setKeysOnly() {
        this.keysOnly = true;
        return this;
    }

    /** What to do with znodes whose ACL denies reading; {@link UnreadablePolicy#FAIL} unless set. */
    public ZooKeeperSourceBuilder<T> setUnreadable(UnreadablePolicy unreadable) {
        this.unreadable = unreadable;
        return this;
    }

    /**
     * How the data of znodes is compressed, which schemas see as it was before; {@link PayloadCompression#NONE} unless
     * set. Data that cannot be inflated, or becomes larger than 64 MB, fails the job.
     */
    public ZooKeeperSourceBuilder<T> setPayloadCompression(PayloadCompression compression) {
        this.compression = compression;
        return this;
    }

    /** How many readers share the tree, at most; as many as the operator has unless set. */
    public ZooKeeperSourceBuilder<T> setParallelism(int parallelism) {
        this.parallelism = parallelism;
        return this;
    }

    /**
     * The source.
     *
     * @throws IllegalArgumentException if something is missing or wrong
     */
    public ZooKeeperSource<T> build() {
        if (connection == null) {
            throw new IllegalArgumentException(
                    "Missing option 'connect-string': call setConnectString or" + " setConnection.");
        }
        if (path == null) {
            throw new IllegalArgumentException("Missing option 'path': call setPath.");
        }
        PathTemplate template = template(connection.base(), path);
        if (keysOnly && (sourceWatermarks || !proofInterval.isZero())) {
            throw new IllegalArgumentException(
                    "A source of keys only reads no 'mtime', which watermarks are made of. Leave"
                            + " out setKeysOnly, or setSourceWatermarks and setWatermarkAdvanceInterval.");
        }
        ScanSettings settings = new ScanSettings(
                ScanMode.APPEND,
                startup,
                bounded,
                false,
                parallelism,
                new ScanSettings.ChangeDetection(watchMode, pollInterval, proofInterval),
                unreadable,
                new ScanSettings.Pushed(Long.MAX_VALUE, keysOnly ? Content.KEYS : Content.DATA, sourceWatermarks));
        return ZooKeeperSource.of(
                connection,
                template,
                settings,
                new SchemaDecoder<>(template, deserializer, compression),
                deserializer.getProducedType());
    }
}
