// SPDX-License-Identifier: Apache-2.0
package io.zkflink.history.source;

import io.zkflink.history.History;
import io.zkflink.row.RecordDecoder;
import java.io.IOException;
import java.io.Serializable;
import java.time.Duration;
import org.apache.flink.annotation.Internal;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.connector.source.Boundedness;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.api.connector.source.SplitEnumerator;
import org.apache.flink.api.connector.source.SplitEnumeratorContext;
import org.apache.flink.api.java.typeutils.ResultTypeQueryable;
import org.apache.flink.core.io.SimpleVersionedSerializer;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.table.data.RowData;
import org.apache.flink.util.UserCodeClassLoader;

/**
 * What an ensemble has written down, as rows: the operations of its transaction logs, or its tree as it was at a
 * moment.
 *
 * <ol>
 *   <li>The enumerator (JobManager) gives all files to one reader, since the order is that of the transactions. It
 *       opens none.
 *   <li>The reader's fetcher thread reads and decodes.
 *   <li>Its task thread emits. A checkpoint holds the last operation that was emitted; a restored reader goes on behind
 *       it.
 * </ol>
 */
@Internal
public final class HistorySource
        implements Source<RowData, HistorySplit, HistoryEnumerator.State>, ResultTypeQueryable<RowData> {

    private static final long serialVersionUID = 1L;
    private static final String METRICS = "zookeeper";
    /** How often transactions were missing, with {@code log.on-gap} = {@code skip}. */
    private static final String GAPS = "logGaps";

    /** What is read, and how. */
    private sealed interface Content extends Serializable {

        void open(DeserializationSchema.InitializationContext context) throws Exception;

        /** What a split that is given to a reader begins with. */
        HistorySplit begin(History history, HistorySplit split) throws IOException;

        RowReader rows(History history, HistorySplit split, Runnable onGap) throws IOException;

        /** Null if the content ends with what is there. */
        Duration pollInterval();
    }

    private record Log(LogScan scan, LogDecoder decoder) implements Content {
        @Override
        public void open(DeserializationSchema.InitializationContext context) throws Exception {
            decoder.open(context);
        }

        @Override
        public HistorySplit begin(History history, HistorySplit split) throws IOException {
            return LogRows.begin(history, scan, split);
        }

        @Override
        public RowReader rows(History history, HistorySplit split, Runnable onGap) throws IOException {
            return LogRows.open(history, scan, decoder, split, onGap);
        }

        @Override
        public Duration pollInterval() {
            return scan.pollInterval();
        }
    }

    private record Tree(TreeScan scan, RecordDecoder<RowData> decoder) implements Content {
        @Override
        public void open(DeserializationSchema.InitializationContext context) throws Exception {
            decoder.open(context);
        }

        @Override
        public HistorySplit begin(History history, HistorySplit split) {
            return split;
        }

        @Override
        public RowReader rows(History history, HistorySplit split, Runnable onGap) throws IOException {
            return TreeRows.open(history, scan, decoder, split);
        }

        @Override
        public Duration pollInterval() {
            return null;
        }
    }

    private final History history;
    private final Content content;
    private final boolean watermarks;
    private final TypeInformation<RowData> producedType;

    private HistorySource(History history, Content content, boolean watermarks, TypeInformation<RowData> producedType) {
        this.history = history;
        this.content = content;
        this.watermarks = watermarks;
        this.producedType = producedType;
    }

    /**
     * The operations of the logs.
     *
     * @param watermarks whether event time follows the times of the transactions
     */
    public static HistorySource ofLog(
            History history,
            LogScan scan,
            LogDecoder decoder,
            boolean watermarks,
            TypeInformation<RowData> producedType) {
        return new HistorySource(history, new Log(scan, decoder), watermarks, producedType);
    }

    /** The tree as it was; the template of the decoder says which znodes are rows. */
    public static HistorySource ofTree(
            History history, TreeScan scan, RecordDecoder<RowData> decoder, TypeInformation<RowData> producedType) {
        return new HistorySource(history, new Tree(scan, decoder), false, producedType);
    }

    @Override
    public Boundedness getBoundedness() {
        return content.pollInterval() == null ? Boundedness.BOUNDED : Boundedness.CONTINUOUS_UNBOUNDED;
    }

    @Override
    public SourceReader<RowData, HistorySplit> createReader(SourceReaderContext context) throws Exception {
        content.open(new DeserializationSchema.InitializationContext() {
            @Override
            public MetricGroup getMetricGroup() {
                return context.metricGroup();
            }

            @Override
            public UserCodeClassLoader getUserCodeClassLoader() {
                return context.getUserCodeClassLoader();
            }
        });
        Counter gaps = context.metricGroup().addGroup(METRICS).counter(GAPS);
        return new HistoryReader(
                () -> new HistorySplitReader(split -> content.rows(history, split, gaps::inc), content.pollInterval()),
                split -> content.begin(history, split),
                watermarks,
                context);
    }

    @Override
    public SplitEnumerator<HistorySplit, HistoryEnumerator.State> createEnumerator(
            SplitEnumeratorContext<HistorySplit> context) {
        return restoreEnumerator(context, new HistoryEnumerator.State(HistorySplit.fresh()));
    }

    @Override
    public SplitEnumerator<HistorySplit, HistoryEnumerator.State> restoreEnumerator(
            SplitEnumeratorContext<HistorySplit> context, HistoryEnumerator.State state) {
        return new HistoryEnumerator(context, state);
    }

    @Override
    public SimpleVersionedSerializer<HistorySplit> getSplitSerializer() {
        return HistorySplitSerializer.INSTANCE;
    }

    @Override
    public SimpleVersionedSerializer<HistoryEnumerator.State> getEnumeratorCheckpointSerializer() {
        return HistoryEnumerator.State.SERIALIZER;
    }

    @Override
    public TypeInformation<RowData> getProducedType() {
        return producedType;
    }
}
