// SPDX-License-Identifier: Apache-2.0
package io.zkflink.lookup;

import io.zkflink.client.SharedResources;
import io.zkflink.row.ZNodeDecoder;
import java.io.IOException;
import java.util.Collection;
import java.util.List;
import org.apache.flink.annotation.Internal;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.functions.FunctionContext;
import org.apache.flink.table.functions.LookupFunction;

/** Looks keys up in a mirror of the subtree: by any column, without asking ZooKeeper. */
@Internal
public final class MirrorLookup extends LookupFunction {

    private static final long serialVersionUID = 1L;

    private static final SharedResources<String, Mirror> MIRRORS =
            new SharedResources<>(Mirror::isUsable, Mirror::close);

    private final LookupTable table;
    private final LookupKeys keys;
    private final TypeSerializer<RowData> serializer;

    private transient SharedResources<String, Mirror>.Lease lease;
    private transient Mirror mirror;
    private transient MirrorIndex index;
    private transient LookupCacheMetrics metrics;

    /** @param serializer of the produced rows */
    public MirrorLookup(LookupTable table, LookupKeys keys, TypeSerializer<RowData> serializer) {
        this.table = table;
        this.keys = keys;
        this.serializer = serializer;
    }

    /** Waits until the whole subtree has been read. */
    @Override
    public void open(FunctionContext context) throws Exception {
        ZNodeDecoder decoder = table.openDecoder(context);
        lease = MIRRORS.lease(table.identity(), () -> new Mirror(table, decoder, serializer));
        mirror = lease.value();
        metrics = new LookupCacheMetrics(context.getMetricGroup(), mirror::size);
        index = mirror.index(keys);
    }

    @Override
    public Collection<RowData> lookup(RowData key) throws IOException {
        mirror.check();
        List<RowData> found = index.find(key);
        if (found.isEmpty()) {
            metrics.miss();
        } else {
            metrics.hit();
        }
        return found;
    }

    @Override
    public void close() {
        if (lease != null) {
            lease.close();
        }
    }

    /** How many mirrors there are, for tests that look for leaks. */
    static int mirrors() {
        return MIRRORS.size();
    }
}
