from omicsdk.compat.hca.dss import DSSClient

dss = DSSClient()
for stream in dss.get_events.iterate(replica="aws"):
    for event in stream["events"]:
        print(event["event_id"])
print(
    dss.get_event(
        uuid="5e1f0a3c-2b64-4c1e-9d57-0a4c8a1b2c3d", version="2024-03-01T120000.000000Z", replica="aws"
    ).keys()
)
