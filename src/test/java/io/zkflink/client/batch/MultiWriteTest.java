// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client.batch;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.client.Failure;
import io.zkflink.client.WriteResult;
import io.zkflink.client.ZNodeWrite;
import io.zkflink.client.ZooKeeperException;
import io.zkflink.testkit.Await;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.OpResult;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a server's answer to a {@code multi} of writes means. */
class MultiWriteTest {

    private static final List<ZNodeWrite> WRITES =
            List.of(new ZNodeWrite.Delete("/a", 1), new ZNodeWrite.Delete("/b", 1), new ZNodeWrite.Delete("/c", 1));

    @ParameterizedTest
    @EnumSource(
            value = Code.class,
            names = {"SESSIONMOVED", "SESSIONEXPIRED", "THROTTLEDOP", "AUTHFAILED"})
    void whatIsWrongWithTheSessionIsNoRefusal(Code code) {
        Throwable failure = Await.failure(answer(code, error(Code.OK), error(code), error(Code.RUNTIMEINCONSISTENCY)));
        assertThat(failure).isInstanceOfSatisfying(ZooKeeperException.class, e -> assertThat(e.failure())
                .isEqualTo(Failure.of(code)));
    }

    @Test
    void refusalIsThatOfTheFirstBadWrite() {
        WriteResult result = Await.result(
                answer(Code.BADVERSION, error(Code.OK), error(Code.BADVERSION), error(Code.RUNTIMEINCONSISTENCY)));
        assertThat(result.refusal()).hasValueSatisfying(refusal -> {
            assertThat(refusal.index()).isEqualTo(1);
            assertThat(refusal.failure()).isEqualTo(Failure.BAD_VERSION);
        });
    }

    @Test
    void answerThatIsCutShortIsALoss() {
        assertThat(Await.failure(answer(Code.OK, new OpResult.DeleteResult())))
                .isInstanceOfSatisfying(
                        ZooKeeperException.class, e -> assertThat(e.failure()).isEqualTo(Failure.CONNECTION_LOST));
    }

    @Test
    void throttledRequestIsALoss() {
        CompletableFuture<WriteResult> result = new CompletableFuture<>();
        MultiWrite.answered(WRITES, Code.THROTTLEDOP.intValue(), null, result);
        assertThat(Await.failure(result)).hasMessageContaining("THROTTLEDOP");
    }

    private static CompletableFuture<WriteResult> answer(Code code, OpResult... results) {
        CompletableFuture<WriteResult> result = new CompletableFuture<>();
        MultiWrite.answered(WRITES, code.intValue(), Arrays.asList(results), result);
        return result;
    }

    private static OpResult error(Code code) {
        return new OpResult.ErrorResult(code.intValue());
    }
}
