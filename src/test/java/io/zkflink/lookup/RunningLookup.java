// SPDX-License-Identifier: Apache-2.0
package io.zkflink.lookup;

import io.zkflink.client.ConnectionSettings;
import io.zkflink.client.Content;
import io.zkflink.path.PathEncoding;
import io.zkflink.path.PathTemplate;
import io.zkflink.path.SegmentType;
import io.zkflink.row.Column;
import io.zkflink.row.ParseErrorPolicy;
import io.zkflink.row.ReadableMetadata;
import io.zkflink.row.ZNodeDecoder;
import io.zkflink.row.payload.PayloadDecoder;
import io.zkflink.testkit.Await;
import java.io.IOException;
import java.io.Serializable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.functions.FunctionContext;
import org.apache.flink.table.functions.LookupFunction;
import org.apache.flink.table.types.logical.BigIntType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.VarCharType;
import org.apache.flink.util.InstantiationUtil;

/**
 * A lookup function as a task runs it, without the task: {@code k STRING, v STRING, mzxid BIGINT} of a template with
 * columns for all but the last two. Each is a serialized copy, as on a real cluster. Close it.
 */
final class RunningLookup implements AutoCloseable {

    private static final FunctionContext CONTEXT =
            new FunctionContext(null, RunningLookup.class.getClassLoader(), null);

    private final SyncZNodeLookup sync;
    private final AsyncZNodeLookup async;
    private final MirrorLookup mirror;

    private RunningLookup(SyncZNodeLookup sync, AsyncZNodeLookup async, MirrorLookup mirror) {
        this.sync = sync;
        this.async = async;
        this.mirror = mirror;
    }

    /** How a lookup is made; each step gives another. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Plan(
            String connectString,
            String path,
            LookupCaching caching,
            boolean async,
            int maxRetries,
            Duration maxStaleness,
            int... keys) {

        static Plan of(String connectString, String path, int... keys) {
            return new Plan(connectString, path, new LookupCaching.None(), false, 3, Duration.ofMinutes(1), keys);
        }

        Plan caching(LookupCaching changed) {
            return new Plan(connectString, path, changed, async, maxRetries, maxStaleness, keys);
        }

        Plan async(boolean changed) {
            return new Plan(connectString, path, caching, changed, maxRetries, maxStaleness, keys);
        }

        Plan maxRetries(int changed) {
            return new Plan(connectString, path, caching, async, changed, maxStaleness, keys);
        }

        Plan maxStaleness(Duration changed) {
            return new Plan(connectString, path, caching, async, maxRetries, changed, keys);
        }

        Plan keys(int... changed) {
            return new Plan(connectString, path, caching, async, maxRetries, maxStaleness, changed);
        }

        /** Starts the function; a mirror is complete then. */
        RunningLookup open() throws Exception {
            PathTemplate template = PathTemplate.parse(path, PathEncoding.NONE, name -> SegmentType.STRING);
            List<Column> columns = new ArrayList<>();
            List<LogicalType> types = new ArrayList<>();
            for (int i = 0; i < template.columns().size(); i++) {
                columns.add(new Column.FromPath(i));
                types.add(VarCharType.STRING_TYPE);
            }
            columns.add(new Column.FromPayload(RowData.createFieldGetter(VarCharType.STRING_TYPE, 0)));
            types.add(VarCharType.STRING_TYPE);
            columns.add(new Column.FromMetadata(ReadableMetadata.MZXID));
            types.add(new BigIntType());
            ConnectionSettings connection = ConnectionSettings.builder(connectString)
                    .setSessionTimeout(Duration.ofSeconds(2))
                    .setConnectionTimeout(Duration.ofMillis(500))
                    .setRetryWait(Duration.ofMillis(200))
                    .setMaxRetryAttempts(10)
                    .setProperty("jute.maxbuffer", "100000")
                    .build();
            LookupTable table = new LookupTable(
                    connectString + path + maxStaleness,
                    connection,
                    template,
                    columns,
                    new ZNodeDecoder(
                            template,
                            columns,
                            new PayloadDecoder(new Text(), PayloadDecoder.Rules.PLAIN),
                            ParseErrorPolicy.FAIL,
                            "lookup.parse-errors"),
                    Content.DATA,
                    new LookupSettings(path, async, maxRetries, maxStaleness, ParseErrorPolicy.FAIL, caching));
            LookupKeys lookupKeys = new LookupKeys(template, columns, types, keys);
            RunningLookup running = caching instanceof LookupCaching.Full
                    ? new RunningLookup(
                            null, null, copy(new MirrorLookup(table, lookupKeys, LookupFixtures.serializer(types))))
                    : async
                            ? new RunningLookup(null, copy(new AsyncZNodeLookup(table, lookupKeys)), null)
                            : new RunningLookup(copy(new SyncZNodeLookup(table, lookupKeys)), null, null);
            try {
                running.start();
            } catch (Exception e) {
                running.close();
                throw e;
            }
            return running;
        }

        private static <T extends Serializable> T copy(T function) throws Exception {
            return InstantiationUtil.clone(function);
        }
    }

    private void start() throws Exception {
        if (async != null) {
            async.open(CONTEXT);
        } else {
            function().open(CONTEXT);
        }
    }

    private LookupFunction function() {
        return mirror != null ? mirror : sync;
    }

    /** The rows of a key of strings, as {@code [x, 1]}: without mzxid, sorted. */
    List<String> find(Object... key) throws IOException {
        return rows(key).stream().map(RunningLookup::shown).sorted().toList();
    }

    Collection<RowData> rows(Object... key) throws IOException {
        if (async == null) {
            return function().lookup(LookupFixtures.key(key));
        }
        try {
            return start(key).get();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }

    /** Without waiting for it; a synchronous lookup waits in a thread of its own. */
    CompletableFuture<Collection<RowData>> start(Object... key) {
        if (async != null) {
            return async.asyncLookup(LookupFixtures.key(key));
        }
        CompletableFuture<Collection<RowData>> result = new CompletableFuture<>();
        new Thread(
                        () -> {
                            try {
                                result.complete(rows(key));
                            } catch (IOException | RuntimeException e) {
                                result.completeExceptionally(e);
                            }
                        },
                        "task")
                .start();
        return result;
    }

    void awaitRows(List<String> expected, Object... key) {
        Await.until(
                "rows of " + List.of(key) + " are " + expected, () -> find(key).equals(expected));
    }

    static String shown(RowData row) {
        StringBuilder shown = new StringBuilder("[");
        for (int i = 0; i < row.getArity() - 1; i++) {
            shown.append(i == 0 ? "" : ", ").append(row.isNullAt(i) ? "null" : row.getString(i));
        }
        return shown.append("]").toString();
    }

    @Override
    public void close() throws Exception {
        if (async != null) {
            async.close();
        } else {
            function().close();
        }
    }

    /** The data as one string; what begins with an exclamation mark is garbage. */
    private static final class Text implements DeserializationSchema<RowData> {
        private static final long serialVersionUID = 1L;

        @Override
        public RowData deserialize(byte[] data) throws IOException {
            if (data.length > 0 && data[0] == '!') {
                throw new IOException("it begins with an exclamation mark");
            }
            return GenericRowData.of(StringData.fromBytes(data));
        }

        @Override
        public boolean isEndOfStream(RowData next) {
            return false;
        }

        @Override
        public TypeInformation<RowData> getProducedType() {
            return TypeInformation.of(RowData.class);
        }
    }
}
