from tests.programme import world
from tests.programme.rows import Scene
from tests.programme.policies import preloved
def test_it(app, client):
    s=Scene(app,client); s.publish(preloved())
    o=world.an_order(); print(o.state)
    world.paid(o); print(o.state, o.ship_by_at)
    world.sent(o); print(o.state)
    world.reported(o, world.TrackingStatus.DELIVERED); print(o.state, o.window_closes_at)
    world.confirmed(o); print(o.state)
    import sqlalchemy as sa
    from marketplace.database import db
    from marketplace.mail.models import SandboxMail
    for m in db.session.scalars(sa.select(SandboxMail)): print(m.message, m.subject)
    assert 0
