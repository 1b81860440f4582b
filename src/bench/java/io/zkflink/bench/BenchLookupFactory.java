// SPDX-License-Identifier: Apache-2.0
package io.zkflink.bench;

import java.io.IOException;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.connector.source.LookupTableSource;
import org.apache.flink.table.connector.source.lookup.LookupFunctionProvider;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.factories.DynamicTableSourceFactory;
import org.apache.flink.table.factories.FactoryUtil;
import org.apache.flink.table.functions.FunctionContext;
import org.apache.flink.table.functions.LookupFunction;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.ZooKeeper;

/** What our lookups are measured against: tables {@code k INT, v STRING}, looked up by {@code k}. */
public final class BenchLookupFactory implements DynamicTableSourceFactory {

    private static final ConfigOption<String> KIND =
            ConfigOptions.key("kind").stringType().noDefaultValue();
    private static final ConfigOption<String> CONNECT =
            ConfigOptions.key("connect-string").stringType().noDefaultValue();
    private static final ConfigOption<String> PATH =
            ConfigOptions.key("path").stringType().noDefaultValue();

    @Override
    public String factoryIdentifier() {
        return "bench-lookup";
    }

    @Override
    public Set<ConfigOption<?>> requiredOptions() {
        return Set.of(KIND, CONNECT, PATH);
    }

    @Override
    public Set<ConfigOption<?>> optionalOptions() {
        return Set.of();
    }

    @Override
    public DynamicTableSource createDynamicTableSource(Context context) {
        var options = FactoryUtil.createTableFactoryHelper(this, context).getOptions();
        return new Table(options.get(KIND).equals("naive"), options.get(CONNECT), options.get(PATH));
    }

    private record Table(boolean naive, String connect, String path) implements LookupTableSource {
        @Override
        public LookupRuntimeProvider getLookupRuntimeProvider(LookupContext context) {
            return LookupFunctionProvider.of(naive ? new Naive(connect, path) : new InMemory(connect, path));
        }

        @Override
        public DynamicTableSource copy() {
            return this;
        }

        @Override
        public String asSummaryString() {
            return "bench";
        }
    }

    /** One request per row, waited for. */
    public static final class Naive extends LookupFunction {
        private static final long serialVersionUID = 1L;
        private final String connect;
        private final String path;
        private transient ZooKeeper zk;

        Naive(String connect, String path) {
            this.connect = connect;
            this.path = path;
        }

        @Override
        public void open(FunctionContext context) throws Exception {
            zk = new ZooKeeper(connect, 30_000, event -> {});
        }

        @Override
        public Collection<RowData> lookup(RowData key) throws IOException {
            try {
                byte[] data = zk.getData(path + "/" + key.getInt(0), false, null);
                return List.of(GenericRowData.of(key.getInt(0), StringData.fromBytes(data)));
            } catch (KeeperException e) {
                throw new IOException(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException(e);
            }
        }

        @Override
        public void close() throws Exception {
            zk.close();
        }
    }

    /** The limit: a map that never changes. */
    public static final class InMemory extends LookupFunction {
        private static final long serialVersionUID = 1L;
        private final String connect;
        private final String path;
        private transient Map<RowData, List<RowData>> rows;

        InMemory(String connect, String path) {
            this.connect = connect;
            this.path = path;
        }

        @Override
        public void open(FunctionContext context) throws Exception {
            rows = new HashMap<>();
            try (ZooKeeper zk = new ZooKeeper(connect, 30_000, event -> {})) {
                String value = "x".repeat(100);
                for (String name : zk.getChildren(path, false)) {
                    int key = Integer.parseInt(name);
                    rows.put(GenericRowData.of(key), List.of(GenericRowData.of(key, StringData.fromString(value))));
                }
            }
        }

        @Override
        public Collection<RowData> lookup(RowData key) {
            return rows.get(key);
        }
    }
}
