// Runs the Java scenarios against a broker and prints one JSON line for each.
//
//   java -cp ... Suite --service-url URL --admin-url URL [--control-url URL] [--run ID]
//        [--only TEXT] [--groups produce,ack] [--lanes N] [--log FILE]

import com.fasterxml.jackson.databind.ObjectMapper;

import java.io.FileOutputStream;
import java.io.PrintStream;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

public final class Suite {
    private static final int DEADLINE_S = 90;
    /** Those that run alone may start the broker several times. */
    private static final int ALONE_DEADLINE_S = 180;
    private static final ObjectMapper JSON = new ObjectMapper();
    private static PrintStream out;

    static final List<Scenario> scenarios = new ArrayList<>();

    interface Body {
        void perform(Stage stage) throws Exception;
    }

    /** One that is `alone` runs after the others, by itself. */
    record Scenario(String group, String name, Body body, boolean alone, boolean needsSwitch) {
        String fullName() {
            return "java." + group + "." + name;
        }
    }

    static void scenario(String group, String name, Body body) {
        scenarios.add(new Scenario(group, name, body, false, false));
    }

    /** One that asks the runner for the broker that wants credentials. */
    static void guarded(String group, String name, Body body) {
        scenarios.add(new Scenario(group, name, body, false, true));
    }

    static void alone(String group, String name, Body body) {
        scenarios.add(new Scenario(group, name, body, true, true));
    }

    public static void main(String[] args) throws Exception {
        Map<String, String> options = new HashMap<>();
        for (int i = 0; i + 1 < args.length; i += 2) options.put(args[i].substring(2), args[i + 1]);
        // Standard output is for results alone; whatever the client prints goes to the log.
        out = System.out;
        PrintStream log =
                new PrintStream(new FileOutputStream(options.getOrDefault("log", "/dev/null")));
        System.setOut(log);
        System.setErr(log);
        Produce.register();
        Consume.register();
        Acks.register();
        Redelivery.register();
        Delays.register();
        Sharing.register();
        ManyTopics.register();
        Positions.register();
        Readers.register();
        Compactions.register();
        Schemas.register();
        Clients.register();
        Admins.register();
        Policies.register();
        Restarts.register();
        Statistics.register();
        Rates.register();
        Transactions.register();
        Credentials.register();
        Permissions.register();
        Combined.register();
        CombinedTopics.register();
        run(options);
    }

    private static void run(Map<String, String> options) throws Exception {
        String only = options.getOrDefault("only", "");
        List<String> groups = Arrays.asList(options.getOrDefault("groups", "").split(","));
        boolean hasSwitch = !options.getOrDefault("control-url", "").isEmpty();
        List<Scenario> wanted =
                scenarios.stream()
                        .filter(each -> each.fullName().contains(only))
                        .filter(each -> groups.contains("") || groups.contains(each.group))
                        .filter(each -> hasSwitch || !each.needsSwitch)
                        .toList();
        ArrayDeque<Scenario> queue =
                new ArrayDeque<>(wanted.stream().filter(s -> !s.alone).toList());
        AtomicInteger failed = new AtomicInteger();
        List<Thread> lanes = new ArrayList<>();
        for (int i = 0; i < Integer.parseInt(options.getOrDefault("lanes", "4")); i++) {
            Thread lane =
                    new Thread(
                            () -> {
                                while (true) {
                                    Scenario next;
                                    synchronized (queue) {
                                        next = queue.poll();
                                    }
                                    if (next == null) return;
                                    if (!runOne(next, options)) failed.incrementAndGet();
                                }
                            });
            lane.start();
            lanes.add(lane);
        }
        for (Thread lane : lanes) lane.join();
        for (Scenario each : wanted) {
            if (each.alone && !runOne(each, options)) failed.incrementAndGet();
        }
        out.flush();
        Runtime.getRuntime().halt(failed.get() == 0 ? 0 : 1);
    }

    private static boolean runOne(Scenario scenario, Map<String, String> options) {
        int deadlineS = scenario.alone ? ALONE_DEADLINE_S : DEADLINE_S;
        Stage stage = new Stage(scenario.group + "." + scenario.name, options);
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("scenario", scenario.fullName());
        result.put("status", "passed");
        long started = System.nanoTime();
        var thread =
                Executors.newSingleThreadExecutor(
                        task -> {
                            Thread one = new Thread(task, scenario.fullName());
                            one.setDaemon(true);
                            return one;
                        });
        try {
            thread.submit(
                            () -> {
                                scenario.body.perform(stage);
                                return null;
                            })
                    .get(deadlineS, TimeUnit.SECONDS);
        } catch (TimeoutException late) {
            fail(result, "did not end within " + deadlineS + " s");
        } catch (ExecutionException error) {
            fail(result, describe(error.getCause()));
        } catch (InterruptedException error) {
            fail(result, "interrupted");
        }
        thread.shutdownNow();
        stage.close();
        result.put("ms", (System.nanoTime() - started) / 1_000_000);
        result.put("facts", stage.facts());
        try {
            String line = JSON.writeValueAsString(result);
            synchronized (out) {
                out.println(line);
                out.flush();
            }
        } catch (Exception error) {
            throw new IllegalStateException(error);
        }
        return result.get("status").equals("passed");
    }

    private static void fail(Map<String, Object> result, String error) {
        result.put("status", "failed");
        result.put("error", error);
    }

    private static String describe(Throwable error) {
        StringBuilder text = new StringBuilder(error.toString());
        for (StackTraceElement frame : error.getStackTrace()) {
            boolean ours =
                    frame.getFileName() != null
                            && !frame.getFileName().equals("Suite.java")
                            && !frame.getClassName().contains(".");
            if (ours)
                text.append(" at ")
                        .append(frame.getFileName())
                        .append(':')
                        .append(frame.getLineNumber());
        }
        return text.length() > 700 ? text.substring(0, 700) : text.toString();
    }
}
