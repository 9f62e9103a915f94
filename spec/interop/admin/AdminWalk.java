import java.io.*;
import java.nio.charset.StandardCharsets;
import java.util.*;
import java.util.concurrent.*;
import org.apache.pulsar.admin.cli.PulsarAdminTool;

/**
 * Pulsar's own pulsar-admin, many times in one process: a line of the input is the words of one
 * call with tabs between them, a line of the output is its exit code, its output and what it said
 * on the error stream, with tabs between them and escapes within.
 */
public class AdminWalk extends PulsarAdminTool {
  private static final long CALL_TIMEOUT_S = 60;

  private AdminWalk(Properties properties) throws Exception {
    super(properties);
  }

  public static void main(String[] args) throws Exception {
    PrintStream answers = System.out;
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
    System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
    Properties properties = new Properties();
    properties.setProperty("webServiceUrl", args[0]);
    ExecutorService calls = Executors.newCachedThreadPool();
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    // Who asks whether somebody is sure must not read the next call as an answer.
    System.setIn(InputStream.nullInputStream());
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      out.reset();
      err.reset();
      String[] words = line.split("\t", -1);
      // Of its own for every call: what one call was told must not be left for the next.
      Future<Boolean> call = calls.submit(() -> new AdminWalk(properties).run(words));
      String code;
      try {
        code = call.get(CALL_TIMEOUT_S, TimeUnit.SECONDS) ? "0" : "1";
      } catch (TimeoutException late) {
        code = "late";
      }
      answers.println(code + "\t" + escaped(out) + "\t" + escaped(err));
      answers.flush();
    }
    Runtime.getRuntime().halt(0);
  }

  private static String escaped(ByteArrayOutputStream bytes) {
    return bytes.toString(StandardCharsets.UTF_8)
        .replace("\\", "\\\\").replace("\t", "\\t").replace("\r", "\\r").replace("\n", "\\n");
  }
}
