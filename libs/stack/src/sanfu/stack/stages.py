"""What a stack starts, in which order."""

from sanfu.stack import kafka, mongo, parts, services
from sanfu.stack.plan import Plan
from sanfu.stack.programs import Program


def stages(plan: Plan) -> list[list[Program]]:
    """Return the programs of this plan in stages: servers, topics, services. Fetches and formats what is missing."""
    servers = [make(plan) for name, make in (("kafka", broker), ("mongo", database)) if plan.runs(name)]
    topics = [services.topics(plan)] if plan.runs("topics") else []
    servers += [services.sinks(plan)] if plan.runs("sinks") else []
    ours = [services.service(plan, name) for name in services.present() if plan.runs(name)]
    return [stage for stage in (servers, topics, ours) if stage]


def broker(plan: Plan) -> Program:
    places = plan.places
    jars, port = parts.kafka(places.parts), places.port("kafka")
    properties = kafka.prepare(
        jars, places.data / "kafka", port=port, controller=places.port("kafka-controller"), settings=plan.broker
    )
    return kafka.program(jars, properties, places.logs / "kafka.log", port)


def database(plan: Plan) -> Program:
    places = plan.places
    mongod = parts.mongod(places.parts)
    return mongo.program(mongod, places.data / "mongo", places.logs / "mongo.log", places.port("mongo"))
