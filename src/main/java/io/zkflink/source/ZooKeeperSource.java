// SPDX-License-Identifier: Apache-2.0
package io.zkflink.source;

import io.zkflink.client.ConnectionSettings;
import io.zkflink.path.PathTemplate;
import io.zkflink.row.RecordDecoder;
import io.zkflink.row.ZNodeLineage;
import io.zkflink.source.enumerator.EnumeratorStateSerializer;
import io.zkflink.source.enumerator.SubtreeEnumerator;
import io.zkflink.source.reader.BucketRouter;
import io.zkflink.source.reader.RecipeScan;
import io.zkflink.source.reader.RowLimit;
import io.zkflink.source.reader.ScanContent;
import io.zkflink.source.reader.ScanMetrics;
import io.zkflink.source.reader.SubtreeReader;
import io.zkflink.source.reader.SubtreeSplitReader;
import io.zkflink.source.settings.ScanSettings;
import io.zkflink.source.split.Buckets;
import io.zkflink.source.split.SubtreeSplit;
import io.zkflink.source.split.SubtreeSplitSerializer;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.flink.annotation.Internal;
import org.apache.flink.annotation.PublicEvolving;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.connector.source.Boundedness;
import org.apache.flink.api.connector.source.ReaderInfo;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.api.connector.source.SplitEnumerator;
import org.apache.flink.api.connector.source.SplitEnumeratorContext;
import org.apache.flink.api.java.typeutils.ResultTypeQueryable;
import org.apache.flink.core.io.SimpleVersionedSerializer;
import org.apache.flink.streaming.api.lineage.LineageVertex;
import org.apache.flink.streaming.api.lineage.LineageVertexProvider;
import org.apache.flink.table.data.RowData;

/**
 * The changes of a znode subtree: a snapshot, then whatever changes. Records carry the {@code mtime} of their znode as
 * timestamp.
 *
 * <pre>{@code
 * ZooKeeperSource<ZNodeChange> source = ZooKeeperSource.builder()
 *         .setConnectString(connectString)
 *         .setPath("/members/{cluster}/{member}")
 *         .build();
 * DataStream<ZNodeChange> changes = env.fromSource(source, WatermarkStrategy.noWatermarks(), "members");
 * }</pre>
 *
 * <ol>
 *   <li>The enumerator (JobManager) gives each reader its share of the 128 buckets.
 *   <li>A reader's fetcher thread watches the subtree and reads what events and walks ask for.
 *   <li>The reader's task thread compares each observation with what it knows of that znode, and emits the difference.
 *   <li>A checkpoint holds what is known; a restored reader walks the subtree and emits what differs.
 * </ol>
 *
 * Every record equals a state that its znode had, a znode's versions never go backwards, and after the stream has
 * caught up the records equal the tree, whatever happened to connection, session, task or job in between.
 *
 * @param <T> the type of the records
 */
@PublicEvolving
public class ZooKeeperSource<T>
        implements Source<T, SubtreeSplit, List<SubtreeSplit>>, ResultTypeQueryable<T>, LineageVertexProvider {

    private static final long serialVersionUID = 1L;
    private static final boolean CAN_REASSIGN =
            exists("org.apache.flink.api.connector.source.SupportsSplitReassignmentOnRecovery");

    private final ConnectionSettings connection;
    private final PathTemplate template;
    private final ScanSettings settings;
    private final ScanContent<T> scanned;
    private final TypeInformation<T> producedType;

    /** For tables; others call {@link #builder}. */
    @Internal
    public static <T> ZooKeeperSource<T> of(
            ConnectionSettings connection,
            PathTemplate template,
            ScanSettings settings,
            RecordDecoder<T> decoder,
            TypeInformation<T> producedType) {
        return create(connection, template, settings, new ScanContent.ZNodes<>(decoder), producedType);
    }

    private static <T> ZooKeeperSource<T> create(
            ConnectionSettings connection,
            PathTemplate template,
            ScanSettings settings,
            ScanContent<T> scanned,
            TypeInformation<T> producedType) {
        return CAN_REASSIGN
                ? ReassigningSource.of(connection, template, settings, scanned, producedType)
                : new ZooKeeperSource<>(connection, template, settings, scanned, producedType);
    }

    private static boolean exists(String name) {
        try {
            Class.forName(name, false, ZooKeeperSource.class.getClassLoader());
            return true;
        } catch (ClassNotFoundException e) {
            return false;
        }
    }

    ZooKeeperSource(
            ConnectionSettings connection,
            PathTemplate template,
            ScanSettings settings,
            ScanContent<T> scanned,
            TypeInformation<T> producedType) {
        this.connection = connection;
        this.template = template;
        this.settings = settings;
        this.scanned = scanned;
        this.producedType = producedType;
    }

    /**
     * A source of those who contend for resources; for tables.
     *
     * @param resources their paths
     */
    @Internal
    public static ZooKeeperSource<RowData> of(
            ConnectionSettings connection,
            PathTemplate resources,
            ScanSettings settings,
            RecipeScan recipe,
            TypeInformation<RowData> producedType) {
        return create(connection, recipe.settings().contenders(resources), settings, recipe, producedType);
    }

    /** A source of {@link ZNodeChange}s, or of what a deserialization schema makes of them. */
    public static ZooKeeperSourceBuilder<ZNodeChange> builder() {
        return new ZooKeeperSourceBuilder<>(new ChangeSchema());
    }

    @Override
    public Boundedness getBoundedness() {
        return settings.isBounded() ? Boundedness.BOUNDED : Boundedness.CONTINUOUS_UNBOUNDED;
    }

    @Override
    public SourceReader<T, SubtreeSplit> createReader(SourceReaderContext context) throws Exception {
        RowLimit limit = new RowLimit(settings.isBounded() ? settings.pushed().limit() : Long.MAX_VALUE);
        ScanMetrics metrics = new ScanMetrics(context.metricGroup());
        return new SubtreeReader<>(
                () -> new SubtreeSplitReader(connection, template, settings, scanned.areSiblings(), limit, metrics),
                new BucketRouter<>(template, scanned.emitter(context, settings, limit, metrics), scanned.areSiblings()),
                scanned.needsLast(settings),
                context);
    }

    @Override
    public SplitEnumerator<SubtreeSplit, List<SubtreeSplit>> createEnumerator(
            SplitEnumeratorContext<SubtreeSplit> context) {
        List<SubtreeSplit> all =
                IntStream.range(0, Buckets.COUNT).mapToObj(SubtreeSplit::fresh).toList();
        return new SubtreeEnumerator(context, settings.parallelism(), all, this::restoredSplits, false);
    }

    @Override
    public SplitEnumerator<SubtreeSplit, List<SubtreeSplit>> restoreEnumerator(
            SplitEnumeratorContext<SubtreeSplit> context, List<SubtreeSplit> unassigned) {
        return new SubtreeEnumerator(context, settings.parallelism(), unassigned, this::restoredSplits, true);
    }

    /** The splits that a reader had in its state and does not read before they are assigned to it. */
    List<SubtreeSplit> restoredSplits(ReaderInfo reader) {
        return List.of();
    }

    @Override
    public SimpleVersionedSerializer<SubtreeSplit> getSplitSerializer() {
        return SubtreeSplitSerializer.INSTANCE;
    }

    @Override
    public SimpleVersionedSerializer<List<SubtreeSplit>> getEnumeratorCheckpointSerializer() {
        return EnumeratorStateSerializer.INSTANCE;
    }

    /** Whether it tells of changes of znodes that may have paths of a template; for tables. */
    @Internal
    public boolean follows(ConnectionSettings where, PathTemplate paths) {
        return !settings.isBounded()
                && where.connectString().equals(connection.connectString())
                && where.namespace().equals(connection.namespace())
                && template.overlaps(paths);
    }

    @Override
    public LineageVertex getLineageVertex() {
        return ZNodeLineage.read(
                connection,
                template.toString(),
                getBoundedness(),
                Map.of("scan.changelog-mode", settings.mode().toString()));
    }

    @Override
    public TypeInformation<T> getProducedType() {
        return producedType;
    }
}
