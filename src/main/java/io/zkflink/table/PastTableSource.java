// SPDX-License-Identifier: Apache-2.0
package io.zkflink.table;

import io.zkflink.history.History;
import io.zkflink.history.source.HistorySource;
import io.zkflink.history.source.TreeScan;
import java.time.Instant;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.connector.source.SourceProvider;

/**
 * A subtree as it was, {@code FOR SYSTEM_TIME AS OF}. The planner narrows it as it does the live one; its znodes come
 * from files instead of servers.
 */
final class PastTableSource extends ZooKeeperTableSource {

    private final History history;
    private final long moment;

    /**
     * @param source the table as it is now
     * @param moment milliseconds since the epoch
     */
    PastTableSource(ZooKeeperTableSource source, History history, long moment) {
        super(source);
        this.history = history;
        this.moment = moment;
    }

    @Override
    public ScanRuntimeProvider getScanRuntimeProvider(ScanContext context) {
        return SourceProvider.of(
                HistorySource.ofTree(
                        history,
                        new TreeScan(moment, connection.base(), scan.pushed().limit()),
                        scanDecoder(context, narrowed),
                        context.createTypeInformation(producedType)),
                1);
    }

    @Override
    public LookupRuntimeProvider getLookupRuntimeProvider(LookupContext context) {
        throw new ValidationException("The table of 'path' '" + layout.template() + "' FOR SYSTEM_TIME AS OF "
                + Instant.ofEpochMilli(moment) + " can be scanned and never be looked up.");
    }

    @Override
    public DynamicTableSource copy() {
        return new PastTableSource(this, history, moment);
    }

    @Override
    public String asSummaryString() {
        return super.asSummaryString() + " AS OF " + Instant.ofEpochMilli(moment);
    }
}
