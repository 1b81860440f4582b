// SPDX-License-Identifier: Apache-2.0
package io.zkflink.cluster;

import io.zkflink.testkit.Await;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Asks a JobManager what everybody may ask. Thread-safe. */
final class FlinkRest {

    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    private static final Pattern VERTEX =
            Pattern.compile("\"id\":\"([0-9a-f]{32})\",(?:\"slotSharingGroupId\":\"[0-9a-f]+\",)?"
                    + "\"name\":\"((?:[^\"\\\\]|\\\\.)*)\",\"maxParallelism\":(\\d+),\"parallelism\":(\\d+)");

    private final String address;
    private final HttpClient client =
            HttpClient.newBuilder().connectTimeout(TIMEOUT).build();

    FlinkRest(String address) {
        this.address = address;
    }

    /** How many TaskManagers have registered; 0 also if nobody answers. */
    int taskManagers() {
        return found("\"taskmanagers\":(\\d+)", get("/overview")).stream()
                .mapToInt(Integer::parseInt)
                .findFirst()
                .orElse(0);
    }

    /** The state of a job, as Flink names it; empty if nobody answers. */
    String state(String job) {
        return found("\"state\":\"([A-Z]+)\"", get("/jobs/" + job)).stream()
                .findFirst()
                .orElse("");
    }

    /** A vertex of a running job. */
    record Vertex(String id, String name, int maxParallelism, int parallelism) {}

    List<Vertex> vertices(String job) {
        return VERTEX.matcher(get("/jobs/" + job))
                .results()
                .map(found -> new Vertex(
                        found.group(1),
                        found.group(2),
                        Integer.parseInt(found.group(3)),
                        Integer.parseInt(found.group(4))))
                .toList();
    }

    /** Asks the adaptive scheduler for a parallelism, where a vertex may have it, and waits until the job has it. */
    void rescale(String job, int parallelism) {
        List<Vertex> vertices = vertices(job);
        String requirements = vertices.stream()
                .map(vertex -> "\"%s\":{\"parallelism\":{\"lowerBound\":1,\"upperBound\":%d}}"
                        .formatted(vertex.id(), Math.min(parallelism, vertex.maxParallelism())))
                .collect(Collectors.joining(",", "{", "}"));
        String answer = send(request("/jobs/" + job + "/resource-requirements")
                .header("Content-Type", "application/json")
                .PUT(HttpRequest.BodyPublishers.ofString(requirements)));
        Await.until(
                "job " + job + " is rescaled, which was answered by " + answer,
                () -> vertices(job).stream().anyMatch(vertex -> vertex.parallelism() == parallelism)
                        && vertices(job).stream()
                                .allMatch(vertex ->
                                        vertex.parallelism() == Math.min(parallelism, vertex.maxParallelism())));
        awaitRunning(job);
    }

    /** Waits until all tasks of a job run. */
    void awaitRunning(String job) {
        Await.until("job " + job + " runs", () -> {
            String answer = get("/jobs/" + job);
            checkNotFailed(job, answer);
            List<String> tasks = found("\"status\":\"([A-Z]+)\"", answer);
            return answer.contains("\"state\":\"RUNNING\"")
                    && !tasks.isEmpty()
                    && tasks.stream().allMatch("RUNNING"::equals);
        });
    }

    void awaitFinished(String job) {
        Await.until("job " + job + " has finished", () -> {
            String answer = get("/jobs/" + job);
            checkNotFailed(job, answer);
            return answer.contains("\"state\":\"FINISHED\"");
        });
    }

    /** How many checkpoints a job has completed. */
    int checkpoints(String job) {
        return found("\"completed\":(\\d+)", get("/jobs/" + job + "/checkpoints")).stream()
                .mapToInt(Integer::parseInt)
                .findFirst()
                .orElse(0);
    }

    /** Ends a job with a savepoint, and says where that is. */
    String stopWithSavepoint(String job) {
        String trigger = found(
                        "\"request-id\":\"([0-9a-f]+)\"",
                        send(request("/jobs/" + job + "/stop")
                                .header("Content-Type", "application/json")
                                .POST(HttpRequest.BodyPublishers.ofString("{\"drain\":false}"))))
                .get(0);
        String[] location = new String[1];
        Await.until("job " + job + " has stopped with a savepoint", () -> {
            String answer = get("/jobs/" + job + "/savepoints/" + trigger);
            if (answer.contains("failure-cause")) {
                throw new IllegalStateException(answer);
            }
            found("\"location\":\"([^\"]+)\"", answer).forEach(found -> location[0] = found);
            return location[0] != null;
        });
        Await.until("job " + job + " has ended", () -> state(job).equals("FINISHED"));
        return location[0];
    }

    void cancel(String job) {
        send(request("/jobs/" + job).method("PATCH", HttpRequest.BodyPublishers.noBody()));
        Await.until("job " + job + " is canceled", () -> state(job).equals("CANCELED"));
    }

    private void checkNotFailed(String job, String answer) {
        if (answer.contains("\"state\":\"FAILED\"")) {
            throw new IllegalStateException(get("/jobs/" + job + "/exceptions"));
        }
    }

    /** The answer, or nothing while there is nobody to answer. */
    private String get(String path) {
        return send(request(path).GET());
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(address + path)).timeout(TIMEOUT);
    }

    private String send(HttpRequest.Builder request) {
        try {
            return client.send(request.build(), HttpResponse.BodyHandlers.ofString())
                    .body();
        } catch (IOException e) {
            return "";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("Interrupted", e);
        }
    }

    private static List<String> found(String pattern, String answer) {
        Matcher matcher = Pattern.compile(pattern).matcher(answer);
        return matcher.results().map((MatchResult result) -> result.group(1)).toList();
    }
}
