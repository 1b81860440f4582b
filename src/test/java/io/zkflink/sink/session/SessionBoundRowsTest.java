// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.client.Acl;
import io.zkflink.client.CreateMode;
import io.zkflink.client.ZNodeWrite;
import java.util.List;
import org.junit.jupiter.api.Test;

class SessionBoundRowsTest {

    /** What a lock's row may need: the resource, and a contender whose name is longer than the resource's. */
    @Test
    void whatLeavesTogetherFitsIntoARequest() {
        SessionBoundRows rows = new SessionBoundRows();
        rows.writable(true);
        for (int i = 0; i < 20_000; i++) {
            SessionBoundRow row = rows.getOrAdd(new SessionBoundRow.Id("/locks/" + i, "me"));
            row.want(new byte[] {1});
            rows.review(row);
        }

        List<SessionBoundRow> taken = rows.take(20_000, 1 << 20);

        long bytes = 0;
        for (SessionBoundRow row : taken) {
            String contender = row.path() + "/_c_12345678-1234-1234-1234-123456789012-lock-";
            bytes += new ZNodeWrite.Create(row.path(), null, CreateMode.CONTAINER, 0, Acl.OPEN).bytes();
            bytes += new ZNodeWrite.Create(contender, row.data(), CreateMode.EPHEMERAL_SEQUENTIAL, 0, Acl.OPEN).bytes();
        }
        assertThat(taken).hasSizeGreaterThan(1_000);
        assertThat(bytes).isLessThanOrEqualTo(1 << 20);
    }
}
