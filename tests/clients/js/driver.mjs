// Reads one JSON request a line, makes the call with the AWS SDK for JavaScript, answers one JSON line.
import { createInterface } from "node:readline";
import * as iam from "@aws-sdk/client-iam";
import * as kms from "@aws-sdk/client-kms";
import * as shield from "@aws-sdk/client-shield";
import * as sts from "@aws-sdk/client-sts";
import { AwsSmithyRpcV2CborProtocol } from "@aws-sdk/core/protocols";

const packages = {
  iam: [iam, iam.IAMClient],
  kms: [kms, kms.KMSClient],
  shield: [shield, shield.ShieldClient],
  sts: [sts, sts.STSClient],
};

// Of the protocols that a service speaks, the one that boto3 and the aws command do not choose.
const chosen = { shield: { protocol: AwsSmithyRpcV2CborProtocol } };

// Bytes come as {"$bytes": base64}, times as {"$time": text}.
const typed = (key, value) => {
  if (value?.$bytes !== undefined) return Buffer.from(value.$bytes, "base64");
  return value?.$time !== undefined ? new Date(value.$time) : value;
};
const plain = (key, value) => (value instanceof Uint8Array ? Buffer.from(value).toString("base64") : value);

for await (const line of createInterface({ input: process.stdin })) {
  const { service, operation, params, endpoint, region, credentials } = JSON.parse(line, typed);
  const [commands, Client] = packages[service];
  const client = new Client({ endpoint, region, credentials, maxAttempts: 1, ...chosen[service] });
  let answer;
  try {
    const { $metadata, ...output } = await client.send(new commands[`${operation}Command`](params));
    answer = { output, request_id: $metadata.requestId, status: $metadata.httpStatusCode };
  } catch (e) {
    const { name, message, Code, Message, __type, $fault, $metadata, $service, $response, ...members } = e;
    answer = {
      members,
      code: e.Code ?? e.name,
      message: e.message,
      request_id: e.$metadata?.requestId,
      status: e.$metadata?.httpStatusCode,
    };
  }
  process.stdout.write(JSON.stringify(answer, plain) + "\n");
}
